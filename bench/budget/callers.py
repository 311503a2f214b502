"""One process of a run: threads that all want to send, and a note of each call sent."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import NamedTuple

from bench.budget.limiters import LIMITERS, Limiter, TryLater, wait
from bench.budget.marketplace import Marketplace
from worker.domain.calls import Work
from worker.domain.errors import MarketplaceError, Throttled
from worker.gateway.decisions import SendAgain, Stop, decide

_DEADLINE = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One thread."""

    app: str
    seller: str
    work: Work = Work.ORDERS
    # Between two calls, in seconds: a random time up to twice this, or exactly this.
    pause: float = 0.0
    steady: bool = False


class Arrival(NamedTuple):
    """A call as it reached the marketplace, by the monotonic clock that all share."""

    at: float
    caller: Caller
    waited: float
    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a process is told before it starts."""

    limiter: str
    url: str
    prefix: str
    limit: int
    callers: Sequence[Caller]
    seconds: float
    # The network takes a random time up to this, in seconds.
    delay: float = 0.0
    marketplace: Marketplace | None = None


def call(orders: Orders, pipe: Connection) -> None:
    """Send until time is up, then hand over the arrivals; whoever still waits is left."""
    limiter = LIMITERS[orders.limiter](orders.url, orders.prefix, orders.limit)
    pipe.send("ready")
    began: float = pipe.recv()
    arrivals: list[Arrival] = []
    for caller in orders.callers:
        line = _Line(orders, limiter, caller, began, arrivals)
        threading.Thread(target=line.send_until_over, daemon=True).start()
    wait(began + orders.seconds - time.monotonic())
    pipe.send(list(arrivals))


class _Line:
    """One caller at work."""

    def __init__(
        self,
        orders: Orders,
        limiter: Limiter,
        caller: Caller,
        began: float,
        arrivals: list[Arrival],
    ) -> None:
        self._orders = orders
        self._limiter = limiter
        self._caller = caller
        self._began = began
        self._over = began + orders.seconds
        self._arrivals = arrivals
        self._random = random.Random()  # noqa: S311 -- a load, not a secret

    def send_until_over(self) -> None:
        """Make one call after the other."""
        wait(max(self._began - time.monotonic(), 0))
        pause = self._caller.pause
        due = time.monotonic()
        while time.monotonic() < self._over:
            if pause:
                due += (
                    pause if self._caller.steady else self._random.uniform(0, 2 * pause)
                )
                wait(max(due - time.monotonic(), 0))
                due = max(due, time.monotonic() - pause)
            self._call()

    def _call(self) -> None:
        earlier: list[MarketplaceError] = []
        while time.monotonic() < self._over:
            if self._send():
                return
            error = Throttled("bench", "too many calls")
            decision = decide(
                error,
                earlier=earlier,
                repeatable=True,
                left=_DEADLINE,
                longest_wait=_LONGEST_WAIT,
                jitter=self._random.random(),
            )
            earlier.append(error)
            if isinstance(decision, SendAgain | Stop) and decision.pause:
                self._tell(decision.pause)
            if isinstance(decision, Stop) and decision.retry_after:
                # As a task that is due again then.
                wait(decision.retry_after.total_seconds())
                earlier.clear()

    def _tell(self, pause: timedelta) -> None:
        self._limiter.refused(self._caller.app, pause)

    def _send(self) -> bool:
        """Wait for a free call and send it; False if it was refused."""
        wished = time.monotonic()
        while True:
            try:
                self._limiter.take(
                    self._caller.app, self._caller.seller, self._caller.work
                )
            except TryLater as error:
                if time.monotonic() + error.seconds > self._over:
                    wait(max(self._over - time.monotonic(), 0))
                    return True
                wait(error.seconds)
            else:
                break
        left = time.monotonic()
        if self._orders.delay:
            wait(self._random.uniform(0, self._orders.delay))
        place = self._orders.marketplace
        accepted = place is None or place.accepts(began=self._began)
        at = time.monotonic()
        self._arrivals.append(Arrival(at, self._caller, left - wished, accepted))
        if accepted:
            self._limiter.answered(self._caller.app, at - left)
        return accepted
