"""Moments as people write them: a time (ISO 8601), or how long ago (`7d`)."""

from datetime import UTC, datetime, timedelta

import typer

from config.durations import parse_duration


def since(text: str) -> datetime:
    """Read the value of `--since`."""
    return moment(text, now=datetime.now(UTC))


def moment(text: str, *, now: datetime) -> datetime:
    """Return the moment that is meant; a time without zone is UTC.

    Raises:
        BadParameter: it is neither a time nor a duration, or it has not come yet.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        found = _ago(text, now)
    if found > now:
        raise typer.BadParameter(f"{text} is in the future")
    return found.astimezone(UTC)


def duration(text: str) -> timedelta:
    """Return a length of time as people write it.

    Raises:
        BadParameter: it is none.
    """
    try:
        found = parse_duration(text)
    except (ValueError, OverflowError):
        found = None
    if not isinstance(found, timedelta):
        raise typer.BadParameter(f"{text!r} is no duration; write it like 30d or 12h")
    return found


def length(of: timedelta) -> str:
    """Return a length of time in the two units that matter."""
    seconds = round(of.total_seconds())
    for unit, size, below in (("d", 86400, 3600), ("h", 3600, 60), ("m", 60, 1)):
        if seconds >= size:
            rest = seconds % size // below
            lower = {"d": "h", "h": "m", "m": "s"}[unit]
            return f"{seconds // size}{unit}" + (f" {rest}{lower}" if rest else "")
    return f"{seconds}s"


def _ago(text: str, now: datetime) -> datetime:
    try:
        found = parse_duration(text)
        if isinstance(found, timedelta):
            return now - found
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(
        f"{text!r} is no time; write it like 2026-10-01, 2026-10-01T12:00:00Z or 7d"
    )
