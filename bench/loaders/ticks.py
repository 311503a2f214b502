"""What a tick costs: with nothing due, and with 1,000 streams that are.

`python -m bench.loaders.ticks SHOPS`, with the settings in the environment; the tick is the
task itself, with its messages to Redis
"""

import sys
import time
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import select, update

from bench.fleet import connect_fleet
from config.logging import configure_logging
from config.queues import KEY_PREFIX, Queue
from config.settings import settings
from tasks.schedule import tick
from worker.domain.records import Stream
from worker.runtime import Runtime, runtime
from worker.store.schema.streams import streams
from worker.store.waiting_reconciles import add_reconciles

_IDLE_TICKS = 200
_DUE = 1000
_BUSY_TICKS = 5
_AT_A_TIME = 1000
_LATER = timedelta(days=1)


def main(shops: int) -> None:
    """Print the milliseconds of the ticks, as JSON."""
    configure_logging(settings().log)
    here = runtime()
    _fill(here, shops)
    idle = sorted(_timed() for _ in range(_IDLE_TICKS))
    busy = []
    for _ in range(_BUSY_TICKS):
        _make_due(here)
        busy.append(_timed())
        sent = here.redis.llen(f"{KEY_PREFIX}{Queue.PULL}")
        assert sent == _DUE, sent
        here.redis.flushall()
        _make_rest(here)
    sys.stdout.write(
        orjson.dumps(
            {
                "idle_median": idle[len(idle) // 2],
                "idle_p95": idle[int(len(idle) * 0.95)],
                "busy_median": sorted(busy)[len(busy) // 2],
            }
        ).decode()
    )


def _timed() -> float:
    began = time.perf_counter()
    tick()
    return (time.perf_counter() - began) * 1000


def _fill(here: Runtime, shops: int) -> None:
    later = datetime.now(UTC) + _LATER
    ((_, app),) = here.apps.apps
    with here.database.write() as connection:
        connect_fleet(
            connection,
            shops,
            app_id=app.app_id,
            now=datetime.now(UTC),
            due=lambda number, _: later + timedelta(seconds=number),
            refresh_at=lambda number: later + timedelta(seconds=number),
            has_reconcile=False,
        )
        # So many at a time, as ticks do.
        for _ in range(0, 2 * shops, _AT_A_TIME):
            add_reconciles(
                connection, dict.fromkeys(Stream, _LATER), now=later, limit=_AT_A_TIME
            )
    if not here.database.is_sqlite:
        with here.database.write() as connection:
            # As the server does by itself after a while.
            connection.exec_driver_sql("ANALYZE")
    _timed()


def _make_due(here: Runtime) -> None:
    chosen = select(streams.c.id).order_by(streams.c.id).limit(_DUE).scalar_subquery()
    with here.database.write() as connection:
        connection.execute(
            update(streams)
            .where(streams.c.id.in_(chosen))
            .values(next_run_at=datetime.now(UTC) - timedelta(minutes=1))
        )


def _make_rest(here: Runtime) -> None:
    with here.database.write() as connection:
        connection.execute(
            update(streams)
            .where(streams.c.lease_token.is_not(None))
            .values(
                next_run_at=datetime.now(UTC) + _LATER,
                lease_token=None,
                lease_until=None,
            )
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
