"""What an option gives: the bytes of its text, or those of @FILE."""

import os
from pathlib import Path

from worker.domain.errors import OperatorError


def given_bytes(text: str, *, name: str) -> bytes:
    """Return the very bytes that the shell handed over, or that are in the file.

    Raises:
        OperatorError: the file cannot be read.
    """
    if text.startswith("@"):
        return file_bytes(text[1:], name=name)
    return os.fsencode(text)


def file_bytes(path: str, *, name: str) -> bytes:
    """Return what is in a file.

    Raises:
        OperatorError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise OperatorError(f"{name} {path} cannot be read: {error.strerror}") from None
