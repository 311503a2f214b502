"""The database's time since it was looked at, without asking again."""

from datetime import datetime, timedelta
from time import monotonic


class Stopwatch:
    """Goes on from a moment that the database told."""

    def __init__(self, now: datetime) -> None:
        self._began_at = now
        self._began = monotonic()

    def now(self) -> datetime:
        """Return what time it is on the database's clock, or a little less."""
        return self._began_at + timedelta(seconds=monotonic() - self._began)
