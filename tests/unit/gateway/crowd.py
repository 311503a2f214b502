"""Callers of one app in played time: each waits for its slot, sends, and comes back.

The real scripts run on a played Redis whose clock moves from event to event, so a minute
of many callers takes a moment, and always the same one.
"""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import fakeredis
import time_machine

from worker.domain.calls import Work
from worker.domain.limits import Limit
from worker.gateway.app_clock import AppClock
from worker.gateway.budget import FLOORS, RANKS
from worker.gateway.demand import Demand
from worker.gateway.ledger import Ledger
from worker.gateway.visits import Outcome, Step, Visit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAD = 0.005  # seconds
MOST_EVENTS = 10_000
LATENESS = 0.0025  # seconds: a caller that is later than this has its slot moved


@dataclass(frozen=True, slots=True)
class Sent:
    """One call on its way."""

    at: float
    seller: str
    work: Work
    limits: tuple[str, ...]
    # Since the caller began to wait.
    waited: float


@dataclass(slots=True)
class Caller:
    """One thread that sends again as soon as it may."""

    demand: Demand
    # Between a call and the next one.
    think: float = 0.0
    calls: int = 1_000_000
    dies_at: float = float("inf")
    # How late it wakes up each time.
    oversleeps: Callable[[], float] = lambda: 0.0
    ticket: str = ""
    step: Step = Step.NEW
    missed: int = 0
    began: float = 0.0


@dataclass
class Crowd:
    """Everybody who calls, and what they sent."""

    traveller: time_machine.Traveller
    client: fakeredis.FakeRedis
    now: float = 0.0
    # Redis's clock may be set.
    redis_is_off: float = 0.0
    patience: float = 5.0
    sent: list[Sent] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0
    _events: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.client, prefix="test:")
        self.clock = AppClock()

    def join(self, caller: Caller, *, at: float = 0.0) -> None:
        """Let a caller begin."""
        self.at(at, lambda: self._begin(caller))

    def at(self, moment: float, happens: Callable[[], object]) -> None:
        """Let something happen then."""
        heapq.heappush(
            self._events, (max(moment, self.now), next(self._numbers), happens)
        )

    def run(self, until: float) -> list[Sent]:
        """Let time pass; return what was sent so far."""
        while self._events and self._events[0][0] <= until:
            self.now, number, happens = heapq.heappop(self._events)
            assert number < MOST_EVENTS, "somebody asks again and again"
            redis_time = self.now + self.redis_is_off
            self.traveller.move_to(NOON + timedelta(seconds=redis_time))
            happens()
        return self.sent

    def mishap(self, what: str) -> Callable[[], object]:
        """Return what makes it happen: Redis or its clock fails, or a call is refused."""
        mishaps: dict[str, Callable[[], object]] = {
            "flush": self.client.flushall,
            "scripts": self.client.script_flush,
            "back": lambda: self._set_clock(-30.0),
            "forward": lambda: self._set_clock(30.0),
            "pause": lambda: self.ledger.throttle(
                demand(),
                pause=timedelta(seconds=0.7),
                factor=0.7,
                least=0.05,
                apart=timedelta(seconds=1),
            ),
        }
        return mishaps[what]

    def _set_clock(self, by: float) -> None:
        self.redis_is_off += by

    def served(self, *, since: float = 0.0) -> dict[str, int]:
        """Return how many calls each seller sent."""
        found: dict[str, int] = {}
        for sent in self.sent:
            if sent.at >= since:
                found[sent.seller] = found.get(sent.seller, 0) + 1
        return found

    def _begin(self, caller: Caller) -> None:
        caller.step, caller.ticket = Step.NEW, f"t{next(self._numbers)}"
        caller.began = self.now
        self._ask(caller)

    def _ask(self, caller: Caller) -> None:
        if self.now >= caller.dies_at or not caller.calls:
            return
        self.asked += 1
        answer = self.ledger.book(caller.demand, self._visit(caller))
        self.clock.learn(asked=self.now, arrived=self.now, clock=answer.clock)
        due = self.now + answer.wait
        wakes_up = due + caller.oversleeps()
        if answer.outcome is Outcome.REFUSED:
            self.refused.append((self.now, caller.demand.seller))
            self.at(due, lambda: self._begin(caller))
        elif answer.outcome is Outcome.APPOINTMENT:
            caller.step = Step.BACK
            self.at(wakes_up, lambda: self._ask(caller))
        elif wakes_up - due > LATENESS:
            caller.step, caller.missed = Step.LATE, answer.number
            self.at(wakes_up, lambda: self._ask(caller))
        else:
            self.at(wakes_up, lambda: self._send(caller))

    def _send(self, caller: Caller) -> None:
        if self.now >= caller.dies_at:
            return
        self.sent.append(
            Sent(
                at=self.now,
                seller=caller.demand.seller,
                work=caller.demand.work,
                limits=tuple(limit.name for limit in caller.demand.limits),
                waited=self.now - caller.began,
            )
        )
        caller.calls -= 1
        self.at(self.now + caller.think, lambda: self._begin(caller))

    def _visit(self, caller: Caller) -> Visit:
        work = caller.demand.work
        return Visit(
            ticket=caller.ticket,
            rank=RANKS[work],
            floor=FLOORS[work],
            step=caller.step,
            missed=caller.missed,
            patience=max(self.patience - (self.now - caller.began), 0.0),
            pad=PAD,
            widest_pad=0.05,
            predicted=self.clock.predict(self.now),
        )


@contextmanager
def played_crowd() -> Iterator[Crowd]:
    """Give a crowd on an empty Redis."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield Crowd(traveller, fakeredis.FakeRedis())


def demand(
    seller: str = "seller",
    work: Work = Work.ORDERS,
    *,
    limits: tuple[Limit, ...] = (Limit(name="app", calls=20),),
) -> Demand:
    """Want to send a call."""
    return Demand(app_id="temu:us:key", limits=limits, seller=seller, work=work)


def crowded(moments: list[float], limit: int, *, per: float = 1.0) -> list[float]:
    """Return the starts of the sliding seconds that hold more calls than the limit."""
    ordered = sorted(moments)
    return [
        first
        for first, one_too_many in zip(ordered, ordered[limit:], strict=False)
        if one_too_many - first < per
    ]


def jain(shares: list[float]) -> float:
    """Return Jain's index of fairness: 1 if all have the same."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares)
