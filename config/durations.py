"""Durations as people write them: `90d`, `5m`, `1h30m`, `250ms` or ISO 8601."""

import re
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_ISO = TypeAdapter(timedelta)


def parse_duration(value: object, *, word: str | None = None) -> object:
    """Return a timedelta for `5m`-style or ISO 8601 text; leave other types to pydantic.

    `word` is what may stand in place of a duration, like `forever`.

    Raises:
        ValueError: the text is none of these.
    """
    if not isinstance(value, str) or value == word:
        return value
    text = value.strip().lower()
    if _WHOLE.fullmatch(text):
        seconds = sum(
            float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)
        )
        return timedelta(seconds=seconds)
    try:
        return _ISO.validate_python(value.strip().upper())
    except ValidationError:
        message = f"{value!r} is not a duration; write it like 5m, 1h30m, 90d or PT5M"
        if word is not None:
            message += f", or {word}"
        raise ValueError(message) from None
