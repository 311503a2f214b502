"""What a limiter has to do, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from statistics import mean

import redis

from bench.budget import arbiter
from bench.budget.callers import Arrival, Caller
from bench.budget.marketplace import Spell

# What happens in it counts for nobody: an empty Redis begins full, and pads are learned.
WARM_UP = 6.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one limiter has to do."""

    limit: int = 20
    # Of each process.
    callers: Sequence[Sequence[Caller]]
    warm_up: float = WARM_UP
    seconds: float = 8.0
    delay: float = 0.0
    spells: Sequence[Spell] = ()
    # What happens to its Redis, and in which second.
    mishap: Callable[[redis.Redis], object] | None = None
    mishap_at: float = 0.0


@dataclass(frozen=True, kw_only=True)  # no slots: it remembers what it has worked out
class Run:
    """What came of it; times in seconds since the run began, warm-up included."""

    job: Job
    arrivals: Sequence[Arrival]
    round_trips: int

    @cached_property
    def counted(self) -> Sequence[Arrival]:
        """The calls after the warm-up."""
        return [each for each in self.arrivals if each.at >= self.job.warm_up]

    @cached_property
    def by_app(self) -> Mapping[str, Sequence[float]]:
        """When the accepted calls of each app came, warm-up included."""
        callers = chain.from_iterable(self.job.callers)
        by_app: dict[str, list[float]] = {each.app: [] for each in callers}
        for each in self.arrivals:
            if each.accepted:
                by_app[each.caller.app].append(each.at)
        return by_app

    @property
    def utilisation(self) -> float:
        """The part of the limit that was used; the mean of all apps."""
        return mean(
            arbiter.rate(arrivals, since=self.job.warm_up) / self.job.limit
            for arrivals in self.by_app.values()
        )

    @property
    def violations(self) -> int:
        """Calls beyond the limit of their app."""
        return sum(
            arbiter.violations(arrivals, self.job.limit, since=self.job.warm_up)
            for arrivals in self.by_app.values()
        )

    @property
    def fairness(self) -> float:
        """Jain's index over the sellers; all of them always want more than they get."""
        callers = chain.from_iterable(self.job.callers)
        shares = dict.fromkeys((each.seller for each in callers if not each.pause), 0)
        for each in self.counted:
            if each.caller.seller in shares:
                shares[each.caller.seller] += 1
        return arbiter.jain(list(shares.values()))

    @property
    def round_trips_per_call(self) -> float:
        """Questions to Redis for each call that was let through."""
        return self.round_trips / max(len(self.counted), 1)
