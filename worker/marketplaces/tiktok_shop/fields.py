"""Fields of a JSON object in our types; what is not given, empty or zero is None.

The orders of a page go through here one field at a time, some thirty each, so these
stay flat. A name in an error tells what is wrong; the value may be a buyer's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from worker.domain.errors import UnreadableReply

Row = dict[str, object]

# Seconds reach this in the year 33658, milliseconds did in 2001. Old product times and
# single new fields are in milliseconds, whatever their documentation says.
_FIRST_MILLISECONDS = 10**12
# More digits than any price has, and few enough for every database.
_LARGEST_EXPONENT = 20
_LARGEST_COUNT = 2**53
# Python refuses to read numbers of thousands of digits.
_LONGEST_NUMBER = 20


class NotAsDocumented(ValueError):
    """A field has a shape that nobody documents; the text names it, never its value."""


@contextmanager
def answer_of(endpoint: str) -> Iterator[None]:
    """Turn a `NotAsDocumented` outside of any row into an `UnreadableReply`."""
    try:
        yield
    except NotAsDocumented as error:
        raise UnreadableReply(endpoint, str(error)) from error


def text(row: Row, name: str) -> str | None:
    """Return a text, or an id that came as a number."""
    value = row.get(name)
    if type(value) is str:
        # PostgreSQL stores no NUL.
        return value.replace("\0", "") or None
    if value is None:
        return None
    if type(value) is int:
        return str(value)
    raise NotAsDocumented(f"{name} is not a text")


def required_text(row: Row, name: str) -> str:
    """Return a text that must be there."""
    value = text(row, name)
    if value is None:
        raise NotAsDocumented(f"{name} is missing")
    return value


def money(row: Row, name: str) -> Decimal | None:
    """Return an amount in major units."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if type(value) is str or type(value) is int or type(value) is float:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            raise NotAsDocumented(f"{name} is not an amount") from None
        if amount.is_finite() and abs(amount.adjusted()) < _LARGEST_EXPONENT:
            return amount
    raise NotAsDocumented(f"{name} is not an amount")


def moment(row: Row, name: str) -> datetime | None:
    """Return a time given in Unix seconds or milliseconds."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if type(value) is str and value.isdecimal() and len(value) < _LONGEST_NUMBER:
        value = int(value)
    if type(value) is not int:
        raise NotAsDocumented(f"{name} is not a time")
    if value <= 0:
        return None
    try:
        if value >= _FIRST_MILLISECONDS:
            return datetime.fromtimestamp(value / 1000, UTC)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise NotAsDocumented(f"{name} is not a time") from None


def count(row: Row, name: str) -> int | None:
    """Return a whole number; zero is one."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if type(value) is str and value.isdecimal() and len(value) < _LONGEST_NUMBER:
        value = int(value)
    if type(value) is int and abs(value) < _LARGEST_COUNT:
        return value
    raise NotAsDocumented(f"{name} is not a whole number")


def mapping(row: Row, name: str) -> Row:
    """Return an object within the row, an empty one if it is not given."""
    value = row.get(name)
    return {} if value is None else as_row(value, name)


def listing(row: Row, name: str) -> list[object]:
    """Return a list, an empty one if it is not given."""
    values = row.get(name)
    if values is None:
        return []
    if isinstance(values, list):
        return values
    raise NotAsDocumented(f"{name} is not a list")


def entries(row: Row, name: str) -> list[Row]:
    """Return the objects of a list that may hold nothing else."""
    return [as_row(value, name) for value in listing(row, name)]


def as_row(value: object, name: str) -> Row:
    """Return an object that must be one."""
    if isinstance(value, dict):
        return value
    raise NotAsDocumented(f"{name} is not an object")
