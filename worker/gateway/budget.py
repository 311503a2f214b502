"""The calls per second that an app may send, shared by all processes through Redis.

Every call books a slot; slots of one key are spaced evenly, a little wider than the limit
asks for, so no sliding second holds too many. A slot further away than `NEAR` is confirmed
shortly before it comes, so that a pause, or a Redis that lost its memory, also reaches
those who already sleep. Without Redis nothing is sent.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import redis

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted
from worker.domain.identity import App
from worker.gateway.ledger import Booking, Keys, Ledger

A_SECOND = timedelta(seconds=1)
NEAR = timedelta(milliseconds=100)

# How much of the longest wait each class may book ahead. Where calls queue up, the less
# urgent ones stop booking first, so the urgent ones find a shorter queue.
PATIENCE: Mapping[Work, float] = {
    Work.TOKENS: 1.0,
    Work.WEBHOOK: 0.9,
    Work.ORDERS: 0.8,
    Work.PRODUCTS: 0.7,
    Work.BACKFILL: 0.6,
    Work.RECONCILE: 0.5,
}

# This part of the pad may be lost between the slot and waking up; the rest is for signing
# and for the network.
LATENESS = 0.4
LEAST_LATENESS = timedelta(milliseconds=1)

# Slots that a caller may miss by waking late before it gives up: each is lost to all.
TRIES = 5

_NEVER = threading.Event()


class Budget:
    """Hands out calls, one slot at a time; safe to share between threads.

    `pad` is kept free in each second and must cover the spread of the delay between here
    and the marketplace. `wait` sleeps for some seconds.
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
        self._prefix = prefix
        self._pad = pad
        self._lateness = max(pad * LATENESS, LEAST_LATENESS).total_seconds()
        self._wait = wait
        self._monotonic = monotonic
        self._ledger = Ledger(redis_client, monotonic=monotonic)

    def take(self, app: App, shop_id: str | None, work: Work) -> float:
        """Wait for the next free call and return how many seconds that took.

        Raises:
            BudgetExhausted: it is too far away; nothing was booked.
            BudgetUnavailable: Redis did not answer.
        """
        keys = self._keys(app, shop_id)
        interval = spacing(app.requests_per_second, self._pad)
        began = self._monotonic()
        for _ in range(TRIES):
            waited = timedelta(seconds=self._monotonic() - began)
            booking = self._book(
                keys, interval, patience=self.max_wait * PATIENCE[work] - waited
            )
            if self._slot_reached(keys, booking):
                return self._monotonic() - began
        raise BudgetExhausted(retry_after=interval)

    def pause(self, app: App, shop_id: str | None, for_: timedelta) -> None:
        """Stop everybody with this key, in all processes; a longer pause stands."""
        self._ledger.pause(self._keys(app, shop_id), for_)

    def used(self, app: App) -> float:
        """Return the calls per second that the app's callers were lately given."""
        return self._ledger.used(self._keys(app, None))

    def _book(self, keys: Keys, interval: timedelta, *, patience: timedelta) -> Booking:
        # Whatever was sent just before Redis lost its memory is out of the window by then.
        quiet = max(A_SECOND + self._pad, interval) + NEAR
        booking = self._ledger.reserve(
            keys, interval=interval, patience=patience, quiet=quiet
        )
        if not booking.booked:
            raise BudgetExhausted(retry_after=timedelta(seconds=booking.wait))
        return booking

    def _slot_reached(self, keys: Keys, booking: Booking) -> bool:
        """Sleep until the slot comes; False if it was missed or is void.

        Never early, because sleeping starts from the arrival of Redis's answer. Lateness is
        counted from the earliest moment at which Redis can have written it.
        """
        near = NEAR.total_seconds()
        if booking.wait > near:
            self._sleep_until(booking.arrived + booking.wait - near)
            booking = self._ledger.confirm(keys, booking)
            # Further away than it was: Redis's clock was set back.
            if not booking.booked or booking.wait > 2 * near:
                return False
        slot = booking.arrived + booking.wait
        self._sleep_until(slot)
        written = booking.asked + self._ledger.quickest
        return slot <= self._monotonic() <= written + booking.wait + self._lateness

    def _sleep_until(self, moment: float) -> None:
        if (left := moment - self._monotonic()) > 0:
            self._wait(left)

    def _keys(self, app: App, shop_id: str | None) -> Keys:
        # What is in braces decides the node of a cluster: an app's keys stay together.
        of_app = f"{self._prefix}budget:{{{app.app_id}}}"
        return Keys(
            state=f"{of_app}:shop:{shop_id}" if shop_id else f"{of_app}:all",
            app=f"{of_app}:memory",
            counters=f"{of_app}:used:",
        )


def spacing(requests_per_second: float, pad: timedelta) -> timedelta:
    """Return the interval between slots that keeps any sliding second within the limit.

    A fraction above one is cut off: of 2.5 calls, a strict counter lets two through.
    """
    whole = max(math.floor(requests_per_second), min(requests_per_second, 1.0))
    return (A_SECOND + pad) / whole
