"""An app's clock, which is kept in Redis, as seen from this process's monotonic one."""

import math
from dataclasses import dataclass

# The quickest answer of the last two periods tells the time best.
PERIOD = 30.0  # seconds
# What two monotonic clocks drift apart in that time, and then some.
DRIFT = 0.005  # seconds


@dataclass(frozen=True, slots=True)
class _Sample:
    """Redis said `clock` at some moment between asking and the answer's arrival."""

    asked: float
    arrived: float
    clock: float

    @property
    def round_trip(self) -> float:
        return self.arrived - self.asked

    @property
    def offset(self) -> float:
        """The app's clock minus ours, by half of the round trip wrong at the most."""
        return self.clock - (self.asked + self.arrived) / 2

    def agrees_with(self, other: "_Sample") -> bool:
        """Whether both can be true."""
        return (
            other.clock - other.arrived - DRIFT <= self.clock - self.asked
            and self.clock - self.arrived <= other.clock - other.asked + DRIFT
        )


class AppClock:
    """Translates the app's clock into ours; all in seconds, not safe between threads."""

    def __init__(self) -> None:
        self._best: _Sample | None = None
        self._upcoming: _Sample | None = None
        self._period_ends = -math.inf
        # The slowest round trips of this period and of the one before.
        self._slowest = self._slowest_before = 0.0

    def learn(self, *, asked: float, arrived: float, clock: float) -> None:
        """Take an answer's time; one that contradicts the earlier ones begins anew."""
        sample = _Sample(asked, arrived, clock)
        self._slowest = max(self._slowest, sample.round_trip)
        rested = arrived > self._period_ends + PERIOD
        if rested or self._best is None or not sample.agrees_with(self._best):
            self._best = self._upcoming = sample
            self._begin_period(arrived)
            return
        if arrived > self._period_ends:
            self._best, self._upcoming = self._upcoming or sample, None
            self._begin_period(arrived)
        if sample.round_trip <= self._best.round_trip:
            self._best = sample
        if self._upcoming is None or sample.round_trip <= self._upcoming.round_trip:
            self._upcoming = sample

    def ours(self, clock: float) -> float:
        """Return the moment of our clock at which the app's shows this."""
        return clock - (self._best.offset if self._best else 0.0)

    def predict(self, now: float) -> float | None:
        """Return the latest that the app's clock can show to who asks `now`, if known.

        A question is on its way as long as the slowest of late, or a busy machine would
        make Redis's clock look as if it had been set.
        """
        best = self._best
        if best is None or now > best.arrived + 2 * PERIOD:
            return None
        under_way = max(self._slowest, self._slowest_before)
        return best.clock - best.asked + now + under_way

    def _begin_period(self, now: float) -> None:
        self._period_ends = now + PERIOD
        self._slowest_before, self._slowest = self._slowest, 0.0

    @property
    def return_trip(self) -> float:
        """How long an answer takes at the least."""
        return self._best.round_trip / 2 if self._best else 0.0
