"""Narrow one field of a Temu reply to what it means; a missing one is None."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

Row = Mapping[str, object]

_WHOLE = re.compile(r"-?\d{1,19}", re.ASCII)
# Temu's LONG has 64 bits, and so has ours: one larger number would refuse a whole page.
_LONG = range(-(2**63), 2**63)
# More digits than any price has, and few enough for every database.
_LARGEST_EXPONENT = 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Temu mixes seconds and milliseconds. As seconds this is the year 33658, as milliseconds
# it is 2001, before Temu.
_FIRST_MILLISECOND = 10**12


class NotUnderstood(ValueError):
    """A field is not what Temu documents; the text names it and never shows its value."""


def row(value: object, name: str) -> Row:
    """Return a JSON object; `name` says which one, should it be something else.

    Raises:
        NotUnderstood: it is something else.
    """
    if isinstance(value, dict):
        return value
    raise NotUnderstood(f"{name} is not an object")


def rows(parent: Row, name: str) -> tuple[object, ...]:
    """Return the elements of a list; null and missing count as empty.

    Raises:
        NotUnderstood: it is something else.
    """
    match parent.get(name):
        case None:
            return ()
        case list(elements):
            return tuple(elements)
        case _:
            raise NotUnderstood(f"{name} is not a list")


def text(parent: Row, name: str) -> str | None:
    """Return a text, or an id that may come as a number; an empty one is None.

    Raises:
        NotUnderstood: it is something else.
    """
    match parent.get(name):
        case None:
            return None
        case str(value):
            return value or None
        case int(value) if not isinstance(value, bool):
            return str(value)
        case _:
            raise NotUnderstood(f"{name} is not a text")


def required(parent: Row, name: str) -> str:
    """Return a text or id that a row cannot be without.

    Raises:
        NotUnderstood: it is missing, empty or something else.
    """
    value = text(parent, name)
    if value is None:
        raise NotUnderstood(f"{name} is missing")
    return value


def whole(parent: Row, name: str) -> int | None:
    """Return a whole number, which may come as digits.

    Raises:
        NotUnderstood: it is something else.
    """
    digits = text(parent, name)
    if digits is None:
        return None
    if not _WHOLE.fullmatch(digits) or int(digits) not in _LONG:
        raise NotUnderstood(f"{name} is not a whole number")
    return int(digits)


def money(parent: Row, name: str) -> Decimal | None:
    """Return an amount in major units.

    Temu writes major units as decimal text and minor units as a number, so a number is
    refused: it would be wrong by a factor of a hundred.

    Raises:
        NotUnderstood: it is not a decimal text.
    """
    match parent.get(name):
        case None | "":
            return None
        case str(value):
            try:
                amount = Decimal(value)
            except InvalidOperation:
                raise NotUnderstood(f"{name} is not an amount") from None
            if amount.is_finite() and abs(amount.adjusted()) < _LARGEST_EXPONENT:
                return amount
    raise NotUnderstood(f"{name} is not an amount")


def moment(parent: Row, name: str) -> datetime | None:
    """Return a point in time in Unix seconds or milliseconds; 0 and less mean none.

    Raises:
        NotUnderstood: it is something else.
    """
    since_epoch = whole(parent, name)
    if since_epoch is None or since_epoch <= 0:
        return None
    unit = "milliseconds" if since_epoch >= _FIRST_MILLISECOND else "seconds"
    try:
        return _EPOCH + timedelta(**{unit: since_epoch})
    except OverflowError:
        raise NotUnderstood(f"{name} is not a time") from None
