"""All calls of all processes, counted together in Redis: for metrics, not for decisions.

A process adds up for a second and then adds its sums to a hash, from a thread of its own: no
call waits for it. One that is killed takes a second's counts with it. After a time-out nobody
knows whether a sum arrived; it is then added again, so a count may be too high, never lost.
"""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import redis

from worker.gateway.records import CallRecord

# Upper bounds; what is beyond the last one is counted as "+Inf". All in seconds.
TOOK = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WAITED = (0.01, 0.1, 0.5, 1.0, 2.5, 5.0)
BEYOND = "+Inf"

_EVERY = 1.0  # seconds
# After Redis did not answer.
_PAUSE = 5.0  # seconds
_KEY = "call_counts"


@dataclass(slots=True)
class Spread:
    """How long something took: how often within each bound, and all of it together."""

    # By upper bound, each time in one of them only.
    times: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Everything that was ever sent, until Redis is emptied."""

    # By app, work and outcome.
    calls: Mapping[tuple[str, str, str], int]
    # By app: from sending to the reply, and for a free call of the budget.
    took: Mapping[str, Spread]
    waited: Mapping[str, Spread]


class CallCounts:
    """The counts of this process on their way to Redis."""

    def __init__(
        self, client: redis.Redis, *, prefix: str, every: float = _EVERY
    ) -> None:
        self._redis = client
        self._key = f"{prefix}{_KEY}"
        self._every = every
        self._sums: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._sender: threading.Thread | None = None

    def note(self, record: CallRecord) -> None:
        """Count a call; returns at once."""
        app_id = record.app_id
        with self._lock:
            sums = self._sums
            sums[f"calls|{record.work}|{record.outcome}|{app_id}"] += 1
            sums[f"took|{_bound(TOOK, record.took)}||{app_id}"] += 1
            sums[f"took_for|||{app_id}"] += round(record.took * 1e6)
            sums[f"waited|{_bound(WAITED, record.waited)}||{app_id}"] += 1
            sums[f"waited_for|||{app_id}"] += round(record.waited * 1e6)
            # Begun here, and not when this was made: after any fork.
            if self._sender is None:
                self._begin()
        self._wanted.set()

    def flush(self) -> bool:
        """Add what was counted to Redis; False: it does not answer, and nothing is lost."""
        with self._lock:
            sums, self._sums = self._sums, Counter()
        if not sums:
            return True
        try:
            with self._redis.pipeline(transaction=True) as pipeline:
                for name, amount in sums.items():
                    pipeline.hincrby(self._key, name, amount)
                pipeline.execute()
        except redis.RedisError:
            with self._lock:
                self._sums.update(sums)
            return False
        return True

    def close(self) -> None:
        """Send the last counts."""
        self._stopped.set()
        self._wanted.set()
        self.flush()

    def _begin(self) -> None:
        sender = threading.Thread(target=self._run, name="call-counts", daemon=True)
        try:
            sender.start()
        except RuntimeError:
            # No thread can be had now, or the interpreter ends: the next call tries again.
            return
        self._sender = sender

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait()
            self._wanted.clear()
            self._stopped.wait(self._every)
            if not self._stopped.is_set() and not self.flush():
                self._wanted.set()
                self._stopped.wait(_PAUSE)


def read_call_totals(client: redis.Redis, *, prefix: str) -> CallTotals:
    """Return what all processes have counted.

    Raises:
        redis.RedisError: Redis did not answer.
    """
    calls: dict[tuple[str, str, str], int] = {}
    spreads: dict[str, dict[str, Spread]] = {"took": {}, "waited": {}}
    found = cast("dict[bytes, bytes]", client.hgetall(f"{prefix}{_KEY}"))
    for name, amount in found.items():
        what, first, second, app_id = name.decode().split("|", 3)
        if what == "calls":
            calls[app_id, first, second] = int(amount)
            continue
        spread = spreads[what.removesuffix("_for")].setdefault(app_id, Spread())
        if what.endswith("_for"):
            spread.seconds = int(amount) / 1e6
        else:
            spread.times[first] = int(amount)
    return CallTotals(calls=calls, took=spreads["took"], waited=spreads["waited"])


def _bound(bounds: tuple[float, ...], seconds: float) -> str:
    place = bisect_left(bounds, seconds)
    return str(bounds[place]) if place < len(bounds) else BEYOND
