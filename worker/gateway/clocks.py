"""What the time is at each server, as far as its own replies told."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A `Date` header names the second that had begun: on average half of it is over.
HALF_A_SECOND = 0.5


class ServerClocks:
    """This machine's clock, corrected per host; the corrections live in this process.

    This machine is trusted until a marketplace refuses its time: a `Date` header is good to
    a second only, and a cache on the way may repeat an old one, so an NTP clock is better.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._offsets: dict[str, float] = {}

    def now(self, host: str) -> int:
        """Return the server's time in Unix seconds."""
        return int(self._now() + self._offsets.get(host, 0.0))

    def ahead(self, host: str) -> timedelta | None:
        """Return how far a host's clock was ahead of ours when it told its time last."""
        offset = self._offsets.get(host)
        return None if offset is None else timedelta(seconds=offset)

    def learn(
        self,
        host: str,
        headers: Mapping[str, str],
        *,
        sent_at: float,
        received_at: float,
    ) -> datetime | None:
        """Correct a host's clock by the `Date` of a reply; return that date, if there is one.

        The server is taken to have written it halfway between sending and receiving.
        """
        date = _date(headers.get("date", ""))
        if date is not None:
            midpoint = (sent_at + received_at) / 2
            self._offsets[host] = date.timestamp() + HALF_A_SECOND - midpoint
        return date


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
