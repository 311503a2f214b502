"""The database's time since it was looked at, and a turn's own time."""

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


def end_of(deadline: timedelta | None) -> float | None:
    """Return when a turn that begins now is over, on this process's clock."""
    return None if deadline is None else monotonic() + deadline.total_seconds()


def is_over(ends_at: float | None) -> bool:
    """Whether a turn's time is up."""
    return ends_at is not None and monotonic() >= ends_at
