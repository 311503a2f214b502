"""The calls per second that an app may send, shared by all processes through Redis.

Slots of a limit are spaced evenly, a little wider than it asks for, so no sliding second
holds too many. A slot that is near is booked at once. Otherwise the caller gets a place in
the queue and comes back shortly before its turn, when slots become fixed; so whoever is
more urgent, or whose seller had fewer turns, still comes first. Without Redis nothing is
sent.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import redis

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, BudgetUnavailable, SellersyncError
from worker.domain.limits import A_SECOND
from worker.gateway.demand import Demand
from worker.gateway.known_app import KnownApp
from worker.gateway.leases import LEASED_ABOVE, Leases
from worker.gateway.ledger import Ledger
from worker.gateway.punctuality import MOST_LATENESS
from worker.gateway.slot import Slot
from worker.gateway.standing import Standing
from worker.gateway.visits import Answer, Outcome, Step, Visit

RANKS: Mapping[Work, int] = {work: rank for rank, work in enumerate(Work)}

# The part of the limit that a class gets even if more urgent ones could use all of it.
FLOORS: Mapping[Work, float] = {
    Work.TOKENS: 0.2,
    Work.WEBHOOK: 0.1,
    Work.ORDERS: 0.2,
    Work.PRODUCTS: 0.1,
    Work.BACKFILL: 0.05,
    Work.RECONCILE: 0.05,
}

# A refusal leaves this part of the limit, at the least LEAST_SHARE of it; refusals within
# CUTS_APART are one piece of news. It comes back by 5 % of the limit per second.
CUT = 0.7
LEAST_SHARE = 0.05
CUTS_APART = A_SECOND

# Slots that a caller may miss by waking up late before it gives up.
TRIES = 8

# A place in the queue may come later than was promised, but not for ever.
LONGEST_WAITS = 3

# Limits shown besides the app's own; those of thousands of shops are no overview.
_SHOWN = 10

_NEVER = threading.Event()


class Budget:
    """Hands out calls, one slot at a time; safe to share between threads.

    `pad` is the most that is kept free in each second for the spread of the delay between
    here and the marketplace; how much of it is needed is learned. `wait` sleeps for some
    seconds.
    """

    def __init__(
        self,
        redis_client: redis.Redis,
        *,
        prefix: str = "sellersync:",
        pad: timedelta,
        max_wait: timedelta,
        wait: Callable[[float], object] = _NEVER.wait,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_wait = max_wait
        self._widest_pad = pad.total_seconds()
        self._wait = wait
        self._monotonic = monotonic
        self._ledger = Ledger(redis_client, prefix=prefix, monotonic=monotonic)
        self._leases = Leases()
        self._lock = threading.Lock()
        self._apps: dict[str, KnownApp] = {}

    def take(self, demand: Demand) -> Slot:
        """Wait for the next free call.

        Raises:
            BudgetExhausted: it is too far away; nothing was booked.
            BudgetUnavailable: Redis did not answer.
        """
        began = self._monotonic()
        ticket = token_hex(6)
        try:
            latest = self._use_lease(demand, began)
            if latest is None:
                latest = self._wait_for_slot(demand, ticket, began)
        except SellersyncError:
            # There is no place in the queue, or it lapses.
            raise
        except BaseException:
            self._leave(demand, ticket)
            raise
        return Slot(waited=self._monotonic() - began, latest=latest)

    def throttled(self, demand: Demand, pause: timedelta) -> None:
        """Stop everybody with the same limit for a while, and lower it for all of them."""
        share = self._ledger.throttle(
            demand, pause=pause, factor=CUT, least=LEAST_SHARE, apart=CUTS_APART
        )
        self._app(demand).remember_share(demand.limits[0].name, share)

    def answered(self, demand: Demand, took: float) -> None:
        """Learn from a call that was answered after so many seconds."""
        self._app(demand).punctuality.answered(demand.endpoint, took)

    def standings(self, app_id: str, limit_name: str) -> dict[str, Standing]:
        """Return how a limit of the app stands, and those that refused calls lately.

        Raises:
            BudgetUnavailable: Redis did not answer.
        """
        names = [limit_name, *self._ledger.refused(app_id, most=_SHOWN)]
        return {name: self._ledger.look(app_id, name) for name in dict.fromkeys(names)}

    def _wait_for_slot(self, demand: Demand, ticket: str, began: float) -> float:
        """Return until when the slot is good."""
        app = self._app(demand)
        # A Redis that is far away answers when a slot of its "now" is over.
        far = app.return_trip
        reach = far if far > app.punctuality.lateness / 2 else 0.0
        visit = self._visit(demand, ticket, reach)
        missed = 0
        while missed < TRIES:
            answer = self._ask(demand, visit, began)
            if answer.outcome is Outcome.REFUSED:
                raise BudgetExhausted(retry_after=timedelta(seconds=answer.wait))
            moment = app.ours(answer.clock + answer.wait)
            if not (visit.step is Step.LATE and answer.number == visit.missed):
                # A slot that was only moved has begun already; it may be used until then.
                self._sleep_until(moment)
            if answer.outcome is Outcome.APPOINTMENT:
                self._give_up_after(
                    LONGEST_WAITS * self.max_wait, demand, ticket, began
                )
                visit = replace(visit, step=Step.BACK)
                continue
            late = self._monotonic() - moment
            app.punctuality.woke(max(late, 0.0))
            if late <= app.punctuality.lateness:
                return moment + MOST_LATENESS
            # Reaching further each time, no answer is always late again.
            reach = max(2 * visit.reach, 2 * app.return_trip, late if missed else 0.0)
            reach = min(reach, 1.0)
            missed += 1
            visit = replace(visit, step=Step.LATE, missed=answer.number, reach=reach)
        raise BudgetExhausted(retry_after=A_SECOND / demand.limits[0].calls)

    def _give_up_after(
        self, length: timedelta, demand: Demand, ticket: str, began: float
    ) -> None:
        """End the wait of a caller that was let into the queue and is never served."""
        if self._monotonic() - began > length.total_seconds():
            self._leave(demand, ticket)
            raise BudgetExhausted(retry_after=A_SECOND)

    def _visit(self, demand: Demand, ticket: str, reach: float) -> Visit:
        now = self._monotonic()
        return Visit(
            ticket=ticket,
            rank=RANKS[demand.work],
            floor=FLOORS[demand.work],
            patience=self.max_wait.total_seconds(),
            reach=reach,
            pad=self._app(demand).punctuality.pad(self._widest_pad),
            widest_pad=self._widest_pad,
            share=self._app(demand).share(demand.limits[0].name),
            wanted=self._leases.wanted(_holder(demand), now=now)
            if _is_leased(demand)
            else 1,
        )

    def _ask(self, demand: Demand, visit: Visit, began: float) -> Answer:
        app = self._app(demand)
        now = self._monotonic()
        left = self.max_wait.total_seconds() - (now - began)
        answer = self._ledger.book(
            demand,
            replace(visit, patience=max(left, 0.0), predicted=app.predict(now)),
        )
        app.learn(demand.limits[0].name, answer)
        if answer.calls > 1:
            first = app.ours(answer.clock + answer.wait)
            further = (first + answer.gap * each for each in range(1, answer.calls))
            self._leases.keep(_holder(demand), further)
        return answer

    def _use_lease(self, demand: Demand, now: float) -> float | None:
        """Wait for a slot that this process has already; None if there is none."""
        if not _is_leased(demand):
            return None
        lateness = self._app(demand).punctuality.lateness
        slot = self._leases.take(_holder(demand), not_before=now - lateness)
        if slot is None:
            return None
        self._sleep_until(slot)
        is_late = self._monotonic() - slot > lateness
        return None if is_late else slot + MOST_LATENESS

    def _leave(self, demand: Demand, ticket: str) -> None:
        try:
            self._ledger.leave(demand, ticket=ticket, rank=RANKS[demand.work])
        except BudgetUnavailable:
            # Then its appointment passes, and it is forgotten.
            return

    def _app(self, demand: Demand) -> KnownApp:
        with self._lock:
            return self._apps.setdefault(demand.app_id, KnownApp())

    def _sleep_until(self, moment: float) -> None:
        if (left := moment - self._monotonic()) > 0:
            self._wait(left)


def _is_leased(demand: Demand) -> bool:
    return demand.limits[0].calls > LEASED_ABOVE


def _holder(demand: Demand) -> tuple[str, str, str, Work]:
    """Return who may use a leased slot: the same seller's calls of the same kind."""
    limits = "/".join(limit.name for limit in demand.limits)
    return demand.app_id, limits, demand.seller, demand.work
