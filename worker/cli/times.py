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
        length = parse_duration(text)
    except (ValueError, OverflowError):
        length = None
    if not isinstance(length, timedelta):
        raise typer.BadParameter(f"{text!r} is no duration; write it like 30d or 12h")
    return length


def _ago(text: str, now: datetime) -> datetime:
    try:
        length = parse_duration(text)
        if isinstance(length, timedelta):
            return now - length
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(
        f"{text!r} is no time; write it like 2026-10-01, 2026-10-01T12:00:00Z or 7d"
    )
