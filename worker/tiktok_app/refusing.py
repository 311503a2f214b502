"""What is refused before the package sees it, and how it is said."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from worker.domain.errors import OperatorError

Text = str | bytes | Mapping[str, Any]
"""A query or a body: as it is sent, or its fields."""


class Refused(OperatorError, ValueError):
    """What was given cannot be signed, encrypted, decrypted, encoded or decoded."""


def written(name: str, given: object) -> str | bytes:
    """Return a query or a body as it is sent; fields as a form, as the package writes them.

    Raises:
        Refused: it is something else, empty, or not UTF-8.
    """
    if isinstance(given, Mapping):
        if not all(
            isinstance(field, str) and isinstance(value, str | int)
            for field, value in given.items()
        ):
            raise Refused(f"{name} has to have str keys, and str or int values")
        with unicode(name):
            return written(name, urlencode(given))
    if not isinstance(given, str | bytes):
        raise Refused(
            f"{name} has to be str, bytes or dict, not {type(given).__name__}"
        )
    if not given:
        raise Refused(f"{name} is empty")
    if isinstance(given, str):
        with unicode(name):
            given.encode()
    return given


def whole_number(name: str, given: object) -> int:
    """Return a number that is whole and not negative.

    Raises:
        Refused: it is not.
    """
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise Refused(f"{name} has to be a whole number: {given!r}")
    return given


def line(name: str, given: object) -> str:
    """Return a text that can stand in a header.

    Raises:
        Refused: it cannot.
    """
    if not isinstance(given, str) or not given or not given.isprintable():
        raise Refused(f"{name} has to be text of one line, and not empty")
    return given


def some_bytes(given: object) -> bytes:
    """Return bytes, one or more.

    Raises:
        Refused: there is none, or it is something else.
    """
    if not isinstance(given, bytes) or not given:
        raise Refused("data has to be bytes, and not empty")
    return given


@contextmanager
def unicode(name: str) -> Iterator[None]:
    """Refuse what cannot be read or written as UTF-8."""
    try:
        yield
    except UnicodeError:
        raise Refused(f"{name} is not UTF-8 text") from None
