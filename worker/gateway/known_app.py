"""What this process knows of one app: its clock, its limits, how exactly its calls arrive."""

import threading

from worker.gateway.app_clock import AppClock
from worker.gateway.punctuality import Punctuality
from worker.gateway.visits import Answer


class KnownApp:
    """One app as its callers saw it; safe to share between threads."""

    def __init__(self) -> None:
        self.punctuality = Punctuality()
        self._lock = threading.Lock()
        self._clock = AppClock()
        # Limits that were lowered, for a Redis that loses its memory.
        self._shares: dict[str, float] = {}

    def learn(self, limit: str, answer: Answer) -> None:
        """Take the time and the share of an answer."""
        with self._lock:
            self._clock.learn(
                asked=answer.asked, arrived=answer.arrived, clock=answer.clock
            )
        self.remember_share(limit, answer.share)

    def remember_share(self, limit: str, share: float) -> None:
        """Remember which part of a limit is left."""
        with self._lock:
            if share < 1:
                self._shares[limit] = share
            else:
                self._shares.pop(limit, None)

    def share(self, limit: str) -> float:
        """Return the part of a limit that was left when it was last heard of."""
        with self._lock:
            return self._shares.get(limit, 1.0)

    def ours(self, clock: float) -> float:
        """Return the moment of our monotonic clock at which the app's shows this."""
        with self._lock:
            return self._clock.ours(clock)

    def predict(self, now: float) -> float | None:
        """Return the latest that the app's clock can show to who asks `now`, if known."""
        with self._lock:
            return self._clock.predict(now)

    @property
    def return_trip(self) -> float:
        """How long an answer of Redis takes at the least, in seconds."""
        with self._lock:
            return self._clock.return_trip
