"""What all commands have in common: help, exit status, one line on failure."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from worker.cli.program import program

COMMANDS = [
    *("authorize-url", "changes", "connect tiktok-shop", "connect temu", "connect"),
    *(
        "db",
        "db upgrade",
        "doctor",
        "explain",
        "export",
        "keys",
        "keys rotate",
        "pull",
        "refresh",
    ),
    *("shops", "shops pause", "shops resume", "shops remove"),
    *("sign", "sign tiktok-shop", "sign temu", "status"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(sellersync, command):
    """`--help` ends with an example of this very command and does nothing."""
    ended = sellersync(*command.split(), "--help")

    assert ended.status == 0
    assert f"Example:\n\n  sellersync {command}" in ended.out.decode()


def test_the_list_of_commands_is_complete(sellersync):
    """`sellersync --help` names every command, each with its summary."""
    names = {name.split()[0] for name in COMMANDS}
    shown = sellersync("--help").out.decode().split("Commands:\n")[1].splitlines()
    summaries = {line.split()[0]: line.split()[1:] for line in shown}

    assert {name for name in names if summaries.get(name)} == names


def test_help_imports_no_command():
    """The list of commands is there at once: nothing heavy is imported for it."""
    code = (
        "import sys; from typer.testing import CliRunner; "
        "from worker.cli.program import program; "
        "assert CliRunner().invoke(program, ['--help']).exit_code == 0; "
        "print([n for n in ('celery', 'sqlalchemy', 'redis') if n in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert shown.stdout == "[]\n"


def test_an_unknown_command_is_wrong_usage(sellersync):
    """Exit status 2, and the command that was probably meant."""
    ended = sellersync("statsu")

    assert ended.status == 2
    assert "Did you mean 'status'?" in ended.err


@pytest.mark.parametrize(
    ("name", "value", "command", "told"),
    [
        ("ORDERS__EVERY", "soon", "shops", "SELLERSYNC_ORDERS__EVERY is not usable"),
        ("ORDERS", "5m", "shops", 'error parsing value for field "orders"'),
        ("LOG__LEVEL", "loud", "shops", "SELLERSYNC_LOG__LEVEL is not usable"),
        (
            *("REDIS_URL", "http://user:hunter2@here", "status"),
            "SELLERSYNC_REDIS_URL is not usable",
        ),
        (
            *("DATABASE_URL", "mysql://user:hunter2@here/db", "shops"),
            "SELLERSYNC_DATABASE_URL is not usable",
        ),
        (
            *("DATABASE_URL", "postgresql:hunter2", "db upgrade"),
            "SELLERSYNC_DATABASE_URL is not usable",
        ),
        (
            *("ENCRYPTION_KEYS", "hunter2", "status"),
            "SELLERSYNC_ENCRYPTION_KEYS",
        ),
        (
            *("TIKTOK_SHOP__APP_KEY", "a-key", "status"),
            "SELLERSYNC_TIKTOK_SHOP__APP_SECRET is missing",
        ),
        (
            "HOME",
            "/dev/null/here",
            "shops",
            "/dev/null/here cannot be made (Not a directory); correct SELLERSYNC_HOME",
        ),
    ],
)
def test_a_bad_setting_is_told_in_one_line(
    sellersync, monkeypatch, name, value, command, told
):
    """The line names the variable or the file, never a secret value."""
    monkeypatch.setenv(f"SELLERSYNC_{name}", value)
    ended = sellersync(*command.split())

    assert (ended.status, ended.out, ended.err.count("\n")) == (1, b"", 1)
    assert told in ended.err
    assert "a bug" not in ended.err
    assert "hunter2" not in ended.err


def test_a_bug_is_told_in_one_line_too(sellersync, monkeypatch):
    """No traceback; where it happened is shown on request."""

    def broken(_: str) -> None:
        raise RuntimeError("access_token=abcdefgh")

    monkeypatch.setattr(typer.main, "get_group", broken)
    monkeypatch.setattr(typer.main, "get_command", broken)
    ended = sellersync("status")

    assert ended.status == 1
    assert ended.err.startswith("sellersync: a bug (RuntimeError: access_token=***)")
    assert ended.err.count("\n") == 1


def test_each_command_module_adds_the_command_of_its_name():
    """A module `this_one.py` holds the function and the command `this-one`."""
    folder = Path(sys.modules["worker.cli.commands"].__file__ or "").parent
    files = {file.stem.replace("_", "-") for file in folder.glob("[!_]*.py")}
    group = typer.main.get_group(program)

    assert set(group.commands) == files
