"""The names of all settings, and which variables look like one and are none.

A misspelt variable is ignored like any other of the environment, so its value would silently
be the default.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_origin

from dotenv import dotenv_values
from pydantic import BaseModel

PREFIX = "SELLERSYNC_"


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """A variable that sets nothing, and the one that was probably meant."""

    name: str
    meant: str | None

    def __str__(self) -> str:
        """Say it in one line, without the value: it may be a secret."""
        hint = f"; did you mean {self.meant}?" if self.meant else ""
        return f"{self.name} is no setting and has no effect{hint}"


def names_of(model: type[BaseModel], prefix: str = PREFIX) -> frozenset[str]:
    """Return the variables of a settings class; of nested ones the group's own name too."""
    found = set()
    for field, info in model.model_fields.items():
        name = f"{prefix}{field.upper()}"
        found.add(name)
        kind: Any = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= names_of(kind, f"{name}__")
        elif get_origin(kind) is dict:
            # Each of its keys may be a variable of its own.
            found.add(f"{name}__*")
    return frozenset(found)


def unknown_variables(
    known: Collection[str],
    *,
    environment: Mapping[str, str] = os.environ,
    file: Path = Path(".env"),
) -> list[UnknownVariable]:
    """Return the variables of environment and `.env` that no setting is called."""
    exact = {name for name in known if not name.endswith("*")}
    prefixes = tuple(name[:-1] for name in known if name.endswith("*"))
    found = sorted(name.upper() for name in {*environment, *_names_in(file)})
    return [
        UnknownVariable(name, _meant(name, exact))
        for name in found
        if name.startswith(PREFIX)
        and name not in exact
        and not (prefixes and name.startswith(prefixes))
    ]


def _names_in(file: Path) -> Iterable[str]:
    try:
        return dotenv_values(file)
    except (OSError, UnicodeDecodeError):
        # Whoever reads the settings tells what is wrong with the file.
        return ()


def _meant(name: str, known: Collection[str]) -> str | None:
    # Without the prefix, which makes all of them alike.
    short = {each.removeprefix(PREFIX): each for each in known}
    close = get_close_matches(name.removeprefix(PREFIX), short, n=1, cutoff=0.75)
    return short[close[0]] if close else None
