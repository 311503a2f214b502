"""How fast something goes, and how long the rest takes at that pace."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

# What was earlier tells little of what comes.
_LOOKS_BACK = 30.0  # seconds
# A guess from less than this jumps about.
_FIRST_GUESS_AFTER = 2.0  # seconds


class Pace:
    """Rows, and the share that is done, over the last half minute."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int, float]] = deque()

    def reached(self, *, rows: int, share: float) -> None:
        """Note how far it is; a share that falls, as more was found, begins anew."""
        now = self._clock()
        if self._seen and (share < self._seen[-1][2] or rows < self._seen[-1][1]):
            self._seen.clear()
        self._seen.append((now, rows, share))
        while now - self._seen[0][0] > _LOOKS_BACK and len(self._seen) > 2:  # noqa: PLR2004 -- a pace needs two
            self._seen.popleft()

    @property
    def rows_per_second(self) -> float | None:
        """Rows in a second; None before that can be told."""
        seconds, rows, _ = self._gone()
        return rows / seconds if rows and seconds >= _FIRST_GUESS_AFTER else None

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes; None before that can be told."""
        seconds, _, share = self._gone()
        if share <= 0 or seconds < _FIRST_GUESS_AFTER:
            return None
        left = max(1.0 - self._seen[-1][2], 0.0)
        return timedelta(seconds=round(left / share * seconds))

    def _gone(self) -> tuple[float, int, float]:
        if not self._seen:
            return 0.0, 0, 0.0
        (began, first_rows, first_share), (_, rows, share) = (
            self._seen[0],
            self._seen[-1],
        )
        return self._clock() - began, rows - first_rows, share - first_share
