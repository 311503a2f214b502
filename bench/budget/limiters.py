"""The limiters side by side, each used as well as its documentation allows.

The pads of the others are set by hand to what ours learns on a quiet machine.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from steindamm import SyncRedisTokenBucket
from throttled import RateLimiterType, Throttled, rate_limiter, store
from throttled.exceptions import StoreUnavailableError

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, BudgetUnavailable
from worker.domain.limits import OF_APP, Limit
from worker.gateway.budget import Budget
from worker.gateway.demand import Demand
from worker.gateway.ledger import open_ledger_redis

OURS = "sellersync"
PAD = timedelta(milliseconds=5)

# The defaults of the settings.
_WIDEST_PAD = timedelta(milliseconds=50)
_MAX_WAIT = timedelta(seconds=5)
_REDIS_TIMEOUT = 1.0  # seconds
_REDIS_AWAY = 0.05  # seconds until the next try
_NEVER = threading.Event()

wait = _NEVER.wait


class TryLater(Exception):
    """No call now; `seconds` is the limiter's own wish."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)


class Limiter(Protocol):
    """What all of them can do, for one process."""

    def take(self, app: str, seller: str, work: Work) -> None:
        """Wait for the next call; raises TryLater."""

    def answered(self, app: str, took: float) -> None:
        """Hear how long a call took."""

    def refused(self, app: str, pause: timedelta) -> None:
        """Hear that a call was refused, and what the caller would wait."""


class Ours:
    """The budget of this project."""

    def __init__(self, url: str, prefix: str, limit: int) -> None:
        self._limits = (Limit(name=OF_APP, calls=limit),)
        self._budget = Budget(
            open_ledger_redis(url), prefix=prefix, pad=_WIDEST_PAD, max_wait=_MAX_WAIT
        )

    def take(self, app: str, seller: str, work: Work) -> None:
        """Wait for a slot."""
        try:
            self._budget.take(self._demand(app, seller, work))
        except BudgetExhausted as error:
            raise TryLater(error.retry_after.total_seconds()) from error
        except BudgetUnavailable as error:
            raise TryLater(_REDIS_AWAY) from error

    def answered(self, app: str, took: float) -> None:
        """Let the budget learn its pad."""
        self._budget.answered(self._demand(app), took)

    def refused(self, app: str, pause: timedelta) -> None:
        """Stop everybody; the next `take` waits as well."""
        self._budget.throttled(self._demand(app), pause)

    def _demand(self, app: str, seller: str = "", work: Work = Work.ORDERS) -> Demand:
        return Demand(
            app_id=app,
            limits=self._limits,
            seller=seller,
            work=work,
            endpoint="bench",
        )


class _Peer:
    """A limiter that knows of one key and hears nothing of the marketplace."""

    def __init__(self, url: str, prefix: str, limit: int) -> None:
        self._url, self._prefix, self._limit = url, prefix, limit

    def take(self, app: str, seller: str, work: Work) -> None:
        """Wait for a call, whoever it is for."""
        del seller, work
        try:
            self._wait_for_call(f"{self._prefix}{app}")
        except (redis.RedisError, StoreUnavailableError) as error:
            raise TryLater(_REDIS_AWAY) from error

    def _wait_for_call(self, key: str) -> None:
        raise NotImplementedError

    def answered(self, app: str, took: float) -> None:
        """Learn nothing."""

    def refused(self, app: str, pause: timedelta) -> None:
        """Let this one caller wait: the others do not know."""
        del app
        wait(pause.total_seconds())


class Steindamm(_Peer):
    """Reservations: a token bucket of one token, refilled a little slower."""

    def __init__(self, url: str, prefix: str, limit: int) -> None:
        super().__init__(url, prefix, limit)
        self._redis = open_ledger_redis(url)
        self._buckets: dict[str, SyncRedisTokenBucket] = {}

    def _wait_for_call(self, key: str) -> None:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = SyncRedisTokenBucket(
                connection=self._redis,
                name=key,
                capacity=1,
                refill_frequency=(1 + PAD.total_seconds()) / self._limit,
                max_sleep=0,
            )
        with bucket:
            pass


class ThrottledPy(_Peer):
    """GCRA without bursts, asked again whenever it says so."""

    def __init__(self, url: str, prefix: str, limit: int) -> None:
        super().__init__(url, prefix, limit)
        # Its periods are whole seconds: 200 s and 200 pads.
        period = 200 * (timedelta(seconds=1) + PAD)
        self._throttled = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=rate_limiter.per_duration(period, limit=200 * limit, burst=1),
            store=store.RedisStore(
                server=url,
                options={"CONNECTION_POOL_KWARGS": {"socket_timeout": _REDIS_TIMEOUT}},
            ),
        )

    def _wait_for_call(self, key: str) -> None:
        while (result := self._throttled.limit(key)).limited:
            wait(result.state.retry_after)


class Limits(_Peer):
    """A moving window, asked again when its oldest call leaves it."""

    def __init__(self, url: str, prefix: str, limit: int) -> None:
        super().__init__(url, prefix, limit)
        storage = RedisStorage(f"redis+{url}", socket_timeout=_REDIS_TIMEOUT)
        self._window = MovingWindowRateLimiter(storage)
        self._item = RateLimitItemPerSecond(limit)

    def _wait_for_call(self, key: str) -> None:
        while not self._window.hit(self._item, key):
            stats = self._window.get_window_stats(self._item, key)
            wait(max(stats.reset_time - time.time(), 0.001))


LIMITERS: Mapping[str, Callable[[str, str, int], Limiter]] = {
    OURS: Ours,
    "steindamm": Steindamm,
    "throttled-py": ThrottledPy,
    "limits": Limits,
}
