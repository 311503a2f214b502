"""The budget's book in Redis: slots are booked, confirmed and counted by Lua, atomically.

Only Redis's clock counts in there. Each answer carries two readings of our own monotonic
clock, because Redis read its clock somewhere between them.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import redis

from worker.domain.errors import BudgetUnavailable

# An app that rested for so long starts anew, as if Redis had forgotten it.
REMEMBER = timedelta(days=1)

USED_OVER = 5  # seconds

_Script = Callable[[list[str], list[int]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The Redis keys of one budget."""

    state: str
    # These two are shared by all budgets of the app.
    app: str
    counters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One slot, as Redis told it."""

    booked: bool
    # Seconds from Redis's answer to the slot.
    wait: float
    # What Redis needs to recognise the booking again.
    slot: int = 0
    since: int = 0
    # Our clock before asking and after the answer.
    asked: float
    arrived: float


class Ledger:
    """Three scripts and a few counters in one Redis.

    Raises `BudgetUnavailable` wherever Redis does not answer.
    """

    def __init__(
        self,
        redis_client: redis.Redis,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis_client
        self._monotonic = monotonic
        self._reserve = self._script("reserve.lua")
        self._confirm = self._script("confirm.lua")
        self._pause = self._script("pause.lua")
        # The quickest round trip seen lately: what a slower one adds is lateness.
        self.quickest = math.inf

    def reserve(
        self,
        keys: Keys,
        *,
        interval: timedelta,
        patience: timedelta,
        quiet: timedelta,
    ) -> Booking:
        """Book the next free slot, unless it is further away than `patience`.

        Slots are `interval` apart, and `quiet` away when Redis knows nothing of this app.
        """
        (booked, wait, slot, since), asked, arrived = self._ask(
            self._reserve,
            [keys.state, keys.app, keys.counters],
            [_microseconds(each) for each in (interval, patience, quiet, REMEMBER)],
        )
        return Booking(
            booked=bool(booked),
            wait=wait / 1e6,
            slot=slot,
            since=since,
            asked=asked,
            arrived=arrived,
        )

    def confirm(self, keys: Keys, booking: Booking) -> Booking:
        """Return the booking with its wait as of now; not `booked` if it is void."""
        (holds, wait), asked, arrived = self._ask(
            self._confirm, [keys.state, keys.app], [booking.slot, booking.since]
        )
        return Booking(
            booked=bool(holds), wait=wait / 1e6, asked=asked, arrived=arrived
        )

    def pause(self, keys: Keys, length: timedelta) -> None:
        """Let no slot be before the end of a pause that begins now."""
        self._ask(self._pause, [keys.state], [_microseconds(length)])

    def used(self, keys: Keys) -> float:
        """Return the booked calls per second of the whole app, over the last seconds."""
        try:
            now = int(self._redis.time()[0])
            seconds = range(now - USED_OVER, now)
            counts = self._redis.mget([f"{keys.counters}{each}" for each in seconds])
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return sum(int(count) for count in counts if count) / USED_OVER

    def _ask(
        self, script: _Script, keys: list[str], arguments: list[int]
    ) -> tuple[list[int], float, float]:
        asked = self._monotonic()
        try:
            # Registered scripts load themselves again when Redis has forgotten them.
            reply = script(keys, arguments)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        arrived = self._monotonic()
        # Forgets by and by, so that a Redis that moved away is not late for ever.
        self.quickest = min(arrived - asked, self.quickest * 1.02)
        # A list of integers: the scripts' own promise.
        return cast("list[int]", reply), asked, arrived

    def _script(self, name: str) -> _Script:
        text = Path(__file__).with_name(name).read_text()
        return cast("_Script", self._redis.register_script(text))


def open_ledger_redis(url: str) -> redis.Redis:
    """Return a client that answers or fails within seconds, as a fail-closed budget needs.

    Made from a URL, redis-py retries nothing: a booking is not repeated, and no worker slot
    is held while Redis is away.
    """
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _microseconds(length: timedelta) -> int:
    """Round up: a slot is never early."""
    return -(-length // timedelta(microseconds=1))


def _unavailable(error: redis.RedisError) -> BudgetUnavailable:
    kind = type(error).__name__
    return BudgetUnavailable(
        f"Redis does not answer for the shared budget ({kind}): nothing is sent"
    )
