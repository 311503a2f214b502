"""Whether beat and workers run, which queues they serve, and how much waits there."""

from collections.abc import Mapping
from datetime import timedelta

import redis
from kombu.exceptions import OperationalError

from config.queues import KEY_PREFIX, Queue
from worker.cli.checkup.finding import Finding, fail, ok, skipped, warn
from worker.schedule.ticks import since_last_tick

WORKERS = "workers"
QUEUES = "queues"
BEAT = "beat"

# A busy worker is asked once more, longer.
PATIENCE = (1.0, 2.0)  # seconds
# With more than this ticks hand out no more pulls.
_LONGEST = 500
# Ticks that a busy worker may be behind.
_TICKS = 6
_START = "start one: `sellersync up`, or `celery -A worker.app worker`"

# What each worker serves, by its name.
Serving = Mapping[str, frozenset[str]]


def check_queues(
    client: redis.Redis, *, broker_url: str, tick_every: timedelta
) -> list[Finding]:
    """Ask the workers who they are, and Redis what waits for them."""
    try:
        # Asked first: while it waits for answers, messages may come and go.
        serving = ask_workers(broker_url)
        lengths = {queue: client.llen(f"{KEY_PREFIX}{queue}") for queue in Queue}
        last = since_last_tick(client)
    except (redis.RedisError, OperationalError) as error:
        because = f"Redis stopped answering ({type(error).__name__})"
        return [skipped(name, because) for name in (WORKERS, QUEUES, BEAT)]
    return [
        _workers(serving),
        _queues(serving, lengths),
        _beat(last, tick_every, any_worker=bool(serving)),
    ]


def nothing_runs() -> list[Finding]:
    """Return what is to be said when there was no broker before we came."""
    because = "there is no broker running, so no queue"
    return [
        warn(WORKERS, "nothing runs on this home folder now", "start `sellersync up`"),
        skipped(QUEUES, because),
        skipped(BEAT, because),
    ]


def no_redis() -> list[Finding]:
    """Return what is to be said when the queues cannot be looked into."""
    return [skipped(name, "Redis cannot be used") for name in (WORKERS, QUEUES, BEAT)]


def ask_workers(broker_url: str) -> Serving:
    """Return the workers that answer, with the queues that each of them serves.

    Raises:
        redis.RedisError, OperationalError: Redis does not answer.
    """
    # Celery takes longer to import than most commands take to run.
    from worker.app import app  # noqa: PLC0415 -- see above

    # Asked on the connection that waits for the answers, not on one of Celery's pool.
    app.control.mailbox.producer_pool = None  # type: ignore[attr-defined]  # their stubs do not know it
    with app.connection_for_write(broker_url) as connection:
        for seconds in PATIENCE:
            asked = app.control.inspect(timeout=seconds, connection=connection)
            answers = asked.active_queues()
            if answers:
                return {
                    worker: frozenset(queue["name"] for queue in queues)
                    for worker, queues in answers.items()
                }
    return {}


def _workers(serving: Serving) -> Finding:
    if not serving:
        return fail(WORKERS, "no worker answers", _START)
    return ok(WORKERS, f"{len(serving)} answer: {', '.join(sorted(serving))}")


def _queues(serving: Serving, lengths: Mapping[Queue, int]) -> Finding:
    waiting = ", ".join(f"{queue} {length}" for queue, length in lengths.items())
    if not serving:
        return skipped(QUEUES, f"nobody serves them; waiting: {waiting}")
    served = frozenset[str]().union(*serving.values())
    unserved = [queue.value for queue in Queue if queue.value not in served]
    if unserved:
        names = ", ".join(unserved)
        return fail(
            QUEUES,
            f"no worker serves {names}; waiting: {waiting}",
            f"start one with `-Q {','.join(unserved)}`, or without `-Q` for all",
        )
    if lengths[Queue.PULL] + lengths[Queue.BACKFILL] > _LONGEST:
        return warn(
            QUEUES,
            f"more work than workers; waiting: {waiting}",
            "start more workers, or see in `sellersync status` what keeps these",
        )
    return ok(QUEUES, f"all are served; waiting: {waiting}")


def _beat(
    last: timedelta | None, tick_every: timedelta, *, any_worker: bool
) -> Finding:
    ago = (
        "no tick has come through for a week, or ever"
        if last is None
        else f"the last tick came through {last.total_seconds():.0f} s ago"
    )
    if last is not None and last <= _TICKS * tick_every:
        return ok(BEAT, ago)
    if not any_worker:
        return skipped(BEAT, f"{ago}; without a worker none can")
    return fail(
        BEAT, ago, "start the beat: `sellersync up`, or `celery -A worker.app beat`"
    )
