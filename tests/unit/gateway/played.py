"""A budget on a played Redis, with a clock that moves only while somebody sleeps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import fakeredis
import pytest
import time_machine

from worker.domain.calls import Work
from worker.domain.limits import Limit
from worker.gateway.budget import Budget
from worker.gateway.demand import Demand

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GAP = 0.105  # seconds: ten calls in a second and the widest pad
QUIET = 1.15  # seconds: a full second, the pad, and what may be fixed already


def limited(calls: float = 10, *, name: str = "app") -> Limit:
    """Make a limit."""
    return Limit(name=name, calls=calls)


@dataclass
class Time:
    """Redis's clock and ours, moved by sleeping; both stand still otherwise."""

    redis: time_machine.Traveller
    ours: float = 1000.0
    # What happens in the middle of the next sleeps.
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    oversleep: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return our own clock."""
        return self.ours

    def move(self, seconds: float) -> None:
        """Let time pass everywhere."""
        self.ours += seconds
        self.redis.shift(seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, perhaps too long; something may happen meanwhile."""
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self.move(seconds + (self.oversleep.pop(0) if self.oversleep else 0.0))


class StallingRedis(fakeredis.FakeRedis):
    """A Redis whose answers may reach us late."""

    stalls: list[float]
    # How long each answer is on its way.
    distance: float = 0.0
    time_passes: Callable[[float], None]

    def execute_command(self, *args: object, **options: object) -> object:
        """Answer, and let time pass before anybody reads it."""
        ask: Callable[..., object] = super().execute_command
        answer = ask(*args, **options)
        if self.distance:
            self.time_passes(self.distance)
        if self.stalls:
            self.time_passes(self.stalls.pop(0))
        return answer


@dataclass
class Bench:
    """A budget, its clock and its Redis."""

    clock: Time
    server: fakeredis.FakeServer
    redis: StallingRedis
    budget: Budget

    def take(
        self,
        *limits: Limit,
        app: str = "key",
        work: Work = Work.ORDERS,
        seller: str = "seller",
    ) -> float:
        """Take a call; return the seconds waited."""
        demand = self.demand(*limits, app=app, work=work, seller=seller)
        return self.budget.take(demand).waited

    def demand(
        self,
        *limits: Limit,
        app: str = "key",
        work: Work = Work.ORDERS,
        seller: str = "seller",
    ) -> Demand:
        """Want to send a call."""
        return Demand(
            app_id=f"scripted:default:{app}",
            limits=limits or (limited(),),
            seller=seller,
            work=work,
            endpoint="orders",
        )

    def known(self) -> None:
        """Let the app's first, quiet second be over."""
        self.take()
        self.clock.move(10)

    def refuse(self, *, pause: float, limit: Limit | None = None) -> None:
        """Let the marketplace refuse a call."""
        demand = self.demand(*[limit] if limit else [])
        self.budget.throttled(demand, timedelta(seconds=pause))

    def allowed(self, name: str = "app") -> float:
        """Return the part of a limit that is left."""
        return self.budget.standings("scripted:default:key", name)[name].share


def close(expected: float) -> object:
    """Compare to a few of the microseconds that Redis counts in."""
    return pytest.approx(expected, abs=2e-4)


@contextmanager
def played_bench() -> Iterator[Bench]:
    """Set a budget up on an empty Redis, with both clocks standing still."""
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = Time(traveller)
        server = fakeredis.FakeServer()
        client = StallingRedis(server=server)
        client.stalls = []
        client.time_passes = clock.move
        budget = Budget(
            client,
            pad=timedelta(milliseconds=50),
            max_wait=timedelta(seconds=5),
            wait=clock.sleep,
            monotonic=clock.monotonic,
        )
        yield Bench(clock, server, client, budget)


class CountedCalls:
    """Counts the questions to Redis from now on."""

    def __init__(self, bench: Bench) -> None:
        self._questions = 0
        ask: Callable[..., object] = bench.redis.execute_command

        def counted(*args: object, **options: object) -> object:
            self._questions += 1
            return ask(*args, **options)

        bench.redis.execute_command = counted  # type: ignore[method-assign]  # it counts

    def count(self) -> int:
        """Return how many there were."""
        return self._questions
