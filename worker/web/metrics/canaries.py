"""For how long each queue has been silent: the watch over beat, queues and workers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import Metric
from sqlalchemy import Connection

from worker.schedule.canaries import patience
from worker.store.canaries import all_canaries
from worker.web.metrics.families import gauge


def canary_families(
    connection: Connection, *, now: datetime, every: timedelta
) -> Iterator[Metric]:
    """Return what is known of the canaries, which come `every` so often."""
    yield gauge(
        "sellersync_queue_silent_seconds",
        "Since a canary last went from the beat through the queue to a worker.",
        ("queue",),
        (
            ((canary.queue,), (now - canary.heard_at).total_seconds())
            for canary in all_canaries(connection)
        ),
    )
    yield gauge(
        "sellersync_queue_patience_seconds",
        "After such a silence a queue is not served.",
        (),
        [((), patience(every).total_seconds())],
    )
