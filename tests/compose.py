"""docker-compose.yml as Docker reads it: merged, with its variables put in."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"

Service = dict[str, Any]

# `$$` is a dollar; `${NAME:?}` must be set.
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?P<must>:\?)?\})")


def document() -> dict[str, Any]:
    """Return the file; YAML itself resolves its anchors and merges."""
    return dict(yaml.safe_load(FILE.read_text()))


def services() -> dict[str, Service]:
    """Return its services by name, variables not yet put in."""
    return dict(document()["services"])


def variables() -> set[str]:
    """Return the variables that come from outside."""
    # A comment only speaks of them.
    lines = [line.partition(" #")[0] for line in FILE.read_text().splitlines()]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return {found["name"] for found in _VARIABLE.finditer(text) if found["name"]}


def put_in(text: str, given: Mapping[str, str]) -> str:
    """Put the variables into one value."""
    return _VARIABLE.sub(
        lambda found: "$" if found["dollar"] else given[found["name"]], text
    )


def environment(service: Service, given: Mapping[str, str]) -> dict[str, str]:
    """Return what a service finds in its environment."""
    found = service.get("environment", {})
    return {name: put_in(str(value), given) for name, value in found.items()}


def command(service: Service) -> list[str]:
    """Return what a service runs; a text is split into words, no shell sees it."""
    found = service["command"]
    words = found if isinstance(found, list) else shlex.split(found)
    return [put_in(word, {}) for word in words]


def look(service: Service) -> list[str]:
    """Return its health check as a program; a text goes to a shell."""
    test = service["healthcheck"]["test"]
    if isinstance(test, str):
        return ["sh", "-c", put_in(test, {})]
    assert test[0] == "CMD"
    return [put_in(word, {}) for word in test[1:]]
