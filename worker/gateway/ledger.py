"""The budget's book in Redis: slots are booked and counted by Lua, atomically.

Only Redis's clock counts in there. Each answer carries two readings of our own monotonic
clock, because Redis read its clock somewhere between them.
"""

import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import redis

from worker.domain.errors import BudgetUnavailable
from worker.domain.limits import Limit
from worker.gateway.demand import Demand
from worker.gateway.standing import Standing
from worker.gateway.visits import Answer, Outcome, Visit

_SCRIPTS = Path(__file__).with_name("scripts")
_MICROSECOND = timedelta(microseconds=1)

_Argument = str | int | float
_Script = Callable[[Sequence[str], Sequence[_Argument]], object]


class Ledger:
    """Four scripts in one Redis; raises `BudgetUnavailable` wherever it does not answer.

    All keys of an app carry its id in braces, so they lie on one node of a cluster.
    """

    def __init__(
        self,
        redis_client: redis.Redis,
        *,
        prefix: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis_client
        self._prefix = prefix
        self._monotonic = monotonic
        state = (_SCRIPTS / "state.lua").read_text()
        self._book, self._throttle, self._leave, self._look = (
            self._script(f"{state}\n{(_SCRIPTS / name).read_text()}")
            for name in ("book.lua", "throttle.lua", "leave.lua", "look.lua")
        )

    def book(self, demand: Demand, visit: Visit) -> Answer:
        """Book the next free slot, or a place in the queue for it."""
        of_app = self._of(demand.app_id)
        main = demand.limits[0]
        keys = [
            f"{of_app}:memory",
            *self._queue(of_app, main),
            *(f"{of_app}:limit:{limit.name}" for limit in demand.limits),
        ]
        arguments: list[_Argument] = [
            visit.ticket,
            visit.rank,
            visit.floor,
            demand.seller,
            visit.step,
            visit.missed,
            _microseconds(visit.patience),
            _microseconds(visit.reach),
            -1 if visit.pad is None else _microseconds(visit.pad),
            _microseconds(visit.widest_pad),
            -1 if visit.predicted is None else _microseconds(visit.predicted),
            visit.share,
            visit.wanted,
        ]
        for limit in demand.limits:
            arguments += [whole_calls(limit), limit.per // _MICROSECOND]
        asked = self._monotonic()
        reply = self._ask(self._book, keys, arguments)
        arrived = self._monotonic()
        what, wait, clock, number, gap, calls, share = reply
        return Answer(
            outcome=Outcome(what),
            wait=wait / 1e6,
            clock=clock / 1e6,
            number=number,
            gap=gap / 1e6,
            calls=calls,
            share=share / 1e6,
            asked=asked,
            arrived=arrived,
        )

    def leave(self, demand: Demand, *, ticket: str, rank: int) -> None:
        """Give up a place in the queue."""
        of_app, main = self._of(demand.app_id), demand.limits[0]
        queue, appointments, _ = self._queue(of_app, main)
        self._ask(
            self._leave,
            [queue, appointments, f"{of_app}:limit:{main.name}"],
            [f"{ticket}|{rank}:{demand.seller}"],
        )

    def throttle(
        self,
        demand: Demand,
        *,
        pause: timedelta,
        factor: float,
        least: float,
        apart: timedelta,
    ) -> float:
        """Let no slot be before the end of a pause; return the part of the limit left."""
        of_app = self._of(demand.app_id)
        name = demand.limits[0].name
        (share,) = self._ask(
            self._throttle,
            [f"{of_app}:memory", f"{of_app}:limit:{name}", f"{of_app}:refused"],
            [pause // _MICROSECOND, name, factor, least, apart // _MICROSECOND],
        )
        return share / 1e6

    def look(self, app_id: str, limit_name: str) -> Standing:
        """Return how a limit stands."""
        of_app = self._of(app_id)
        share, paused, waiting, pad, calls = self._ask(
            self._look,
            [
                f"{of_app}:memory",
                f"{of_app}:limit:{limit_name}",
                f"{of_app}:limit:{limit_name}:queue",
            ],
            [],
        )
        return Standing(
            share=share / 1e6,
            paused_for=paused / 1e6,
            waiting=waiting,
            pad=None if pad < 0 else pad / 1e6,
            calls_per_second=calls / 1e3,
        )

    def refused(self, app_id: str, *, most: int) -> list[str]:
        """Return the names of limits that refused calls lately, the latest first."""
        try:
            found = self._redis.zrevrange(f"{self._of(app_id)}:refused", 0, most - 1)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return [name.decode() for name in cast("list[bytes]", found)]

    def _of(self, app_id: str) -> str:
        # What is in braces decides the node of a cluster: an app's keys stay together.
        return f"{self._prefix}budget:{{{app_id}}}"

    def _queue(self, of_app: str, main: Limit) -> list[str]:
        of_limit = f"{of_app}:limit:{main.name}"
        return [f"{of_limit}:queue", f"{of_limit}:appointments", f"{of_limit}:sellers"]

    def _ask(
        self, script: _Script, keys: Sequence[str], arguments: Sequence[_Argument]
    ) -> list[int]:
        try:
            # Registered scripts load themselves again when Redis has forgotten them.
            reply = script(keys, arguments)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        # Integers: the scripts' own promise.
        return cast("list[int]", reply if isinstance(reply, list) else [reply])

    def _script(self, text: str) -> _Script:
        return cast("_Script", self._redis.register_script(text))


def open_ledger_redis(url: str) -> redis.Redis:
    """Return a client that answers or fails within seconds, as a fail-closed budget needs.

    Made from a URL, redis-py retries nothing: a booking is not repeated, and no worker slot
    is held while Redis is away.
    """
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def whole_calls(limit: Limit) -> float:
    """Return the calls that a strict counter lets through: of 2.5 in a second, two."""
    return max(math.floor(limit.calls), min(limit.calls, 1.0))


def _microseconds(seconds: float) -> int:
    """Round up: a slot is never early."""
    return math.ceil(seconds * 1e6)


def _unavailable(error: redis.RedisError) -> BudgetUnavailable:
    kind = type(error).__name__
    return BudgetUnavailable(
        f"Redis does not answer for the shared budget ({kind}): nothing is sent"
    )
