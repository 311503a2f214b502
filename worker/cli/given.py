"""What an option gives: the bytes of its text, or those of @FILE."""

import os
from pathlib import Path

from worker.domain.errors import OperatorError


def given_bytes(text: str, *, name: str) -> bytes:
    """Return the very bytes that the shell handed over, or that are in the file.

    Raises:
        OperatorError: the file cannot be read.
    """
    if not text.startswith("@"):
        return os.fsencode(text)
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise OperatorError(
            f"{name} {text[1:]} cannot be read: {error.strerror}"
        ) from None
