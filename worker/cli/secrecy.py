"""Secrets on the command line: `-` and `@FILE` keep them out of process lists."""

import getpass
import sys
from pathlib import Path

from worker.domain.errors import OperatorError


def secret(value: str, *, name: str) -> str:
    """Return the given secret; the line on standard input for `-`, a file's for `@FILE`.

    Raises:
        OperatorError: there is none.
    """
    if value == "-":
        prompt = f"{name}: "
        line = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
        value = line
    elif value.startswith("@"):
        value = _from_file(Path(value[1:]), name)
    if not value.strip():
        raise OperatorError(f"no {name} was given; write it, or `-` and pipe it in")
    return value.strip()


def _from_file(path: Path, name: str) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise OperatorError(
            f"the {name} cannot be read from {path}: {reason}"
        ) from None
