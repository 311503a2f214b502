"""The Dockerfile, without a Docker: its sources exist, and it installs as the Makefile does."""

import json
import re
import shlex
from fnmatch import fnmatch

from tests.compose import ROOT, command, look, services

# Continued lines are one instruction.
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in LINES
    if line and not line.startswith("#")
]
KNOWN = {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "HEALTHCHECK", "CMD"}


def of_last_stage(name):
    """Return the arguments of an instruction in what becomes the image."""
    starts = [at for at, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM"]
    return [rest for word, rest in INSTRUCTIONS[starts[-1] :] if word == name]


def flags_of(text):
    """Return the options of each `pip install` that say what is installed and how."""
    return [
        {word for word in shlex.split(found) if word.startswith("--")} - {"--editable"}
        for found in re.findall(
            r"(?: install|^\t\$\(PIP_INSTALL\)) (--no.*)", text, re.MULTILINE
        )
    ]


def test_instructions_are_known():
    """A misspelt one would end the build."""
    assert {word for word, _ in INSTRUCTIONS} == KNOWN


def test_every_source_exists_and_is_let_through():
    """`.dockerignore` keeps out everything that is not named in it."""
    let_through = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    sources = [
        source
        for word, rest in INSTRUCTIONS
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]

    assert len(sources) >= 6
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in let_through)


def test_pip_is_called_as_in_the_makefile():
    """First the lock file with its hashes, then ourselves; nothing else is resolved."""
    makefile = (ROOT / "Makefile").read_text().partition(".installed-dev:")[0]
    text = "\n".join(LINES)

    assert flags_of(text) == flags_of(makefile)
    assert flags_of(text) == [
        {"--no-deps", "--require-hashes"},
        {"--no-deps", "--no-build-isolation"},
    ]


def test_the_image_is_nobody_special_and_has_no_pip():
    """By number, and made of one copied folder."""
    (user,) = of_last_stage("USER")
    (made,) = of_last_stage("RUN")

    assert user.isdigit()
    assert int(user) > 0
    assert f"--uid {user}" in made
    assert [rest for rest in of_last_stage("COPY") if "--from=build" not in rest] == []
    assert any("--without-pip" in rest for _, rest in INSTRUCTIONS)


def test_the_image_looks_at_itself_as_compose_does():
    """One question, whoever asks it."""
    (check,) = of_last_stage("HEALTHCHECK")
    program = json.loads(check.partition("CMD")[2])
    (started,) = of_last_stage("CMD")

    assert program[0] == look(services()["web"])[0]
    assert "/healthz" in program[-1]
    compile(program[-1], "HEALTHCHECK", "exec")
    assert json.loads(started)[0] == command(services()["web"])[0]
