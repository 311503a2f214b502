"""How exactly calls reach the marketplace: what the pad between its seconds must cover.

A limit counts arrivals, and we only decide departures. Between them lie waking up late and
a network that is not always equally fast; what is the same for all calls does no harm. The
pad is learned from what this process sees, within bounds.
"""

import threading
from collections import deque

# Below this, calls were seen over the limit at an HTTP server on a quiet machine.
NARROWEST = 0.005  # seconds
# Waking up this late is ordinary.
LEAST_LATENESS = 0.0025  # seconds
# Of a caller that wakes up later than this, the slot is moved: no pad should cover that.
MOST_LATENESS = 0.02  # seconds
# Latest calls and wake-ups that are remembered: a spread is that of about their 99.7 %.
MEMORY = 300
# Fewer calls say nothing of their spread; of n, it is widened by (n + 1) / (n - 1), which
# is what n draws of a uniform delay miss of its ends.
ENOUGH = 8
# Of the wake-ups, this part should be in time.
_IN_TIME = 0.98


class Punctuality:
    """What this process has seen of one app's calls; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._took: dict[str, deque[float]] = {}
        self._late: deque[float] = deque(maxlen=MEMORY)
        self._spread: float | None = None
        self._lateness = LEAST_LATENESS

    def answered(self, endpoint: str, took: float) -> None:
        """Learn from a call: of the endpoint with the least spread, most is the network's.

        The rest is the server's own work, which differs from endpoint to endpoint.
        """
        with self._lock:
            latest = self._took.setdefault(endpoint, deque(maxlen=MEMORY))
            latest.append(took)
            spreads = [
                (max(each) - min(each)) * (len(each) + 1) / (len(each) - 1)
                for each in self._took.values()
                if len(each) >= ENOUGH
            ]
            self._spread = min(spreads, default=None)

    def woke(self, late: float) -> None:
        """Learn how late a caller woke up for its slot."""
        with self._lock:
            self._late.append(late)
            if len(self._late) >= ENOUGH:
                usual = sorted(self._late)[int(_IN_TIME * (len(self._late) - 1))]
                self._lateness = min(max(usual, LEAST_LATENESS), MOST_LATENESS)

    @property
    def lateness(self) -> float:
        """How late a caller may be for its slot, in seconds."""
        return self._lateness

    def pad(self, widest: float) -> float | None:
        """Return the pad that these calls need, in seconds; None if they were too few."""
        spread = self._spread
        if spread is None:
            return None
        return min(max(spread + self._lateness, NARROWEST), max(widest, NARROWEST))
