"""Secrets on the command line: `-` means standard input, where no process list shows them."""

import getpass
import sys

from worker.domain.errors import OperatorError


def secret(value: str, *, name: str) -> str:
    """Return the given secret, or the line that standard input holds for `-`.

    Raises:
        OperatorError: there is none.
    """
    if value == "-":
        prompt = f"{name}: "
        line = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
        value = line
    if not value.strip():
        raise OperatorError(f"no {name} was given; write it, or `-` and pipe it in")
    return value.strip()
