"""Canaries end to end: beat, queue, worker, database; a silent one is told once.

    beat -> `tasks.canary.QUEUE` in that queue -> some worker -> the row of that queue

Every worker looks at the rows, whether or not it hears anything itself: that the tick or the
beat is gone must not depend on the tick.
"""

from datetime import datetime, timedelta

from config.queues import Queue
from worker.store.canaries import (
    Canary,
    all_canaries,
    expect_canaries,
    keep_canary,
    mark_fresh,
    mark_stale,
)
from worker.store.database import Database, database_now
from worker.store.events import record_event

# Canaries missed in a row: one may wait behind a page, one may be lost.
_PATIENCE = 3
# A worker that was stopped takes this long to begin; its messages then come at once.
_LEAST = timedelta(seconds=30)
_ADVICE = (
    "Nobody serves this queue, or the beat is gone: see whether the beat and a worker of "
    "this queue run (`celery -A worker.app inspect ping`), and whether its places are all "
    "taken for long."
)


def sing(database: Database, queue: str, *, worker: str) -> None:
    """Note that a worker has done the canary's task of a queue."""
    with database.write() as connection:
        keep_canary(connection, queue, worker=worker, now=database_now(connection))


def silences(database: Database) -> dict[str, timedelta]:
    """Return for how long each queue's canary was not heard; for metrics and health pages."""
    with database.read() as connection:
        now = database_now(connection)
        return {found.queue: now - found.heard_at for found in all_canaries(connection)}


def patience(every: timedelta) -> timedelta:
    """Return the silence after which a canary that comes so often is stale."""
    return max(every * _PATIENCE, _LEAST)


def tell_silent_canaries(database: Database, *, every: timedelta) -> tuple[int, int]:
    """Record an event per queue that has fallen silent, or is served again; count both."""
    with database.read() as connection:
        now = database_now(connection)
        found = all_canaries(connection)
    if len(found) < len(Queue):
        with database.write() as connection:
            expect_canaries(connection, [queue.value for queue in Queue], now=now)
    silent = back = 0
    for canary in found:
        is_silent = now - canary.heard_at > patience(every)
        if is_silent != (canary.stale_at is not None):
            told = _tell(database, canary, is_silent=is_silent, now=now)
            silent, back = (
                silent + (told and is_silent),
                back + (told and not is_silent),
            )
    return silent, back


def _tell(
    database: Database, canary: Canary, *, is_silent: bool, now: datetime
) -> bool:
    with database.write() as connection:
        first = (
            mark_stale(connection, canary.queue, now=now)
            if is_silent
            else mark_fresh(connection, canary.queue)
        )
        if first:
            detail = {
                "queue": canary.queue,
                "heard_at": canary.heard_at.isoformat(),
                "worker": canary.worker,
            }
            record_event(
                connection,
                "queue_silent" if is_silent else "queue_served_again",
                now=now,
                detail=detail | ({"advice": _ADVICE} if is_silent else {}),
            )
    return first
