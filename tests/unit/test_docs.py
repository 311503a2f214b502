"""The documentation tells of commands, files, settings and events that exist."""

import re
import shlex
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import typer

from config.settings import Settings
from config.variables import names_of
from worker.cli import commands
from worker.domain.marketplace import Marketplace
from worker.marketplaces import marketplaces

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEMU = ROOT / "worker" / "marketplaces" / "temu"
# What stands for a value of the reader's own.
PLACEHOLDER = re.compile(r"…|\.\.\.")


def text_of(name):
    """Return a page of docs/."""
    return (ROOT / "docs" / name).read_text()


def anchors_of(page):
    """Return what may follow a # in a link to a page, as GitHub makes it."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands_of(text):
    """Return every call of `sellersync` in code, split into words."""
    code = re.findall(r"`(sellersync [^`\n]+)`", text)
    code += re.findall(r"^ {4,}(sellersync .+)$", text, re.MULTILINE)
    for block in re.findall(r"^```sh\n(.+?)^```", text, re.MULTILINE | re.DOTALL):
        code += re.findall(r"^(sellersync .+)$", block, re.MULTILINE)
    for line in code:
        plain = line.partition(" #")[0].partition(" > ")[0].partition(" >> ")[0]
        plain = plain.partition(" \\")[0].partition(" && ")[0]
        try:
            words = shlex.split(PLACEHOLDER.sub("X", plain))
        except ValueError:
            # Its quotes end in another line.
            continue
        yield [word for word in words[1:] if word != "&"]


@cache
def all_commands():
    """Return the command line with every command loaded."""
    program = typer.Typer()
    for module in iter_modules(commands.__path__, prefix=f"{commands.__name__}."):
        import_module(module.name).register(program)
    return typer.main.get_group(program)


def unknown(words):
    """Return what in a call is neither a command nor an option; None if all is well."""
    command: Any = all_commands()
    for at, word in enumerate(words):
        if not hasattr(command, "commands"):
            options = {name for each in command.params for name in each.opts}
            options |= {name for each in command.params for name in each.secondary_opts}
            given = {word for word in words[at:] if word.startswith("--")}
            return sorted(given - options - {"--help"}) or None
        if word.startswith("-"):
            return None
        found = command.commands.get(word.partition("|")[0])
        if found is None:
            # `sellersync shops pause|resume` and the like name several.
            return [word]
        command = found
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_and_option_exists(page):
    """A renamed option is renamed here too."""
    wrong = {
        " ".join(words): what
        for words in commands_of(page.read_text())
        if (what := unknown(words)) is not None
    }

    assert wrong == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    """To a file, and to a heading in it."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http:", "https:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_variable_is_a_setting(page):
    """docs/settings.md has a test of its own, for both directions."""
    known = names_of(Settings).union(
        *(marketplace.variables() for marketplace in marketplaces().values())
    )
    written = set(re.findall(r"\bSELLERSYNC_\w*[A-Z]\b(?![_{*…])", page.read_text()))

    assert written - known == set()


def test_the_checks_above_are_not_blind():
    """They find what is wrong."""
    assert list(
        commands_of("`sellersync up` and\n    sellersync nothing --x  # y")
    ) == [
        ["up"],
        ["nothing", "--x"],
    ]
    assert unknown(["nothing"]) == ["nothing"]
    assert unknown(["export", "orders", "--sinze", "7d"]) == ["--sinze"]
    assert unknown(["export", "orders", "--since", "7d"]) is None


def test_adding_a_marketplace_names_the_files_that_temu_has():
    """Every module of the folder has a row, and every row a module."""
    section = text_of("adding-a-marketplace.md").partition("## 1.")[2]
    rows = re.findall(r"^\| (`.+?`) \|", section.partition("## 2.")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w./]+)`", row)}
    there = {path.name for path in TEMU.glob("*.py")}
    there |= {f"{path.parent.name}/" for path in TEMU.glob("*/__init__.py")}

    assert named == there


def test_adding_a_marketplace_names_the_whole_protocol():
    """Nobody learns of a method from an error."""
    section = text_of("adding-a-marketplace.md").partition("## 2.")[2]
    table = section.partition("\n\n| |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    members = {name for name in vars(Marketplace) if not name.startswith("_")}

    assert named == members | set(Marketplace.__annotations__)


def test_adding_a_marketplace_leads_to_folders_that_temu_has():
    """With Temu's name in place of the new one."""
    page = text_of("adding-a-marketplace.md").replace("<name>", "temu")
    paths = re.findall(r"`((?:tests|worker|docs)/[\w./]+)`", page)

    assert len(paths) >= 6
    assert [path for path in paths if not (ROOT / path).exists()] == []
