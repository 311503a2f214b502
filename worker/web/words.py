"""Times, ages and numbers as people read them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from markupsafe import Markup, escape

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_SHORT = {"day": "d", "hour": "h", "minute": "min", "second": "s"}
# A length shows one unit more while it is shorter than this many of the larger one.
_FEW = 10


def duration(length: timedelta) -> str:
    """Return a length in the largest unit that it is a whole number of."""
    seconds = round(length.total_seconds())
    unit, size = next(
        (each for each in _UNITS if seconds and seconds % each[1] == 0), _UNITS[-1]
    )
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def short(length: timedelta | float) -> str:
    """Return about how long something is, in at most two units: `3 h 20 min`."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    seconds = round(abs(seconds))
    for index, (unit, size) in enumerate(_UNITS):
        count, rest = divmod(seconds, size)
        if not count:
            continue
        # No line ends between a number and its unit.
        shown = f"{count}\N{NO-BREAK SPACE}{_SHORT[unit]}"
        if count < _FEW and index + 1 < len(_UNITS):
            smaller, smaller_size = _UNITS[index + 1]
            if more := rest // smaller_size:
                shown += f" {more}\N{NO-BREAK SPACE}{_SHORT[smaller]}"
        return shown
    return "0\N{NO-BREAK SPACE}s"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was, or how far ahead it is."""
    length = now - moment
    if length < timedelta(0):
        return f"in {short(length)}"
    return f"{short(length)} ago" if length >= timedelta(seconds=1) else "just now"


def clock(moment: datetime) -> str:
    """Return a moment for people who compare it with a log."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def number(value: float) -> str:
    """Return a number with its thousands apart, and no more digits than help."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def sentence(name: str) -> str:
    """Return a name of ours, like that of an event, as words."""
    return name.replace("_", " ").capitalize()


def with_code(text: str) -> Markup:
    """Return a sentence whose `commands` are shown as such; all else is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    shown = (
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )
    return Markup("").join(shown)


FILTERS: dict[str, Callable[..., str]] = {
    "duration": duration,
    "short": short,
    "ago": ago,
    "clock": clock,
    "number": number,
    "sentence": sentence,
    "with_code": with_code,
}
