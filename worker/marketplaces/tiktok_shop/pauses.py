"""How long a throttled caller is asked to stay away."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_HOUR = timedelta(hours=1)
# Nobody means a longer pause than this; a larger number is a mistake of somebody's.
_LONGEST = timedelta(days=1)
_SECONDS = re.compile(r"[0-9]{1,9}")


def requested_pause(headers: Mapping[str, str]) -> timedelta | None:
    """Return the `Retry-After` of a reply: seconds, or a date beside the reply's own."""
    wish = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(wish):
        return min(timedelta(seconds=int(wish)), _LONGEST)
    then, now = _date(wish), _date(headers.get("date", ""))
    if then is None or now is None:
        return None
    return min(max(then - now, timedelta(0)), _LONGEST)


def until_next_hour(headers: Mapping[str, str]) -> timedelta | None:
    """Return how far the next full hour is, by the clock of the reply's server."""
    now = _date(headers.get("date", ""))
    if now is None:
        return None
    return _HOUR - timedelta(minutes=now.minute, seconds=now.second)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    # RFC 9110 dates are always GMT; "-0000" reads as a naive one.
    return date if date.tzinfo else date.replace(tzinfo=UTC)
