"""What is stored, and what waits to be looked at."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import Connection

from worker.domain.records import Stream
from worker.store.feed import newest_change
from worker.store.notifications import waiting_notifications
from worker.store.quarantine import count_unreadable
from worker.store.reconcile_tallies import count_reconciles
from worker.store.tallies import estimate_records
from worker.web.metrics.families import counter, gauge

_STREAM = ("stream",)


def record_families(connection: Connection, *, now: datetime) -> Iterator[Metric]:
    """Return what is known of rows."""
    yield gauge(
        "sellersync_rows",
        "Orders and products stored, about: PostgreSQL's estimate of its last ANALYZE.",
        _STREAM,
        (
            ((stream.value,), count)
            for stream, count in estimate_records(connection).items()
        ),
    )
    yield counter(
        "sellersync_changes",
        "The newest number of the change feed: rows that were added, changed or deleted.",
        (),
        [((), newest_change(connection))],
    )
    unreadable = count_unreadable(connection)
    yield gauge(
        "sellersync_unreadable_rows",
        "Rows that could not be understood and are kept apart.",
        _STREAM,
        (((stream.value,), unreadable.get(stream, 0)) for stream in Stream),
    )
    reconciles = count_reconciles(connection)
    yield gauge(
        "sellersync_deletions_withheld",
        "Streams with so many missing records that an operator must confirm their deletion.",
        _STREAM,
        (
            (
                (stream.value,),
                reconciles[stream].withheld if stream in reconciles else 0,
            )
            for stream in Stream
        ),
    )
    yield gauge(
        "sellersync_reconcile_oldest_seconds",
        "Since the oldest last complete reconcile of a stream.",
        _STREAM,
        (
            ((stream.value,), (now - tally.oldest).total_seconds())
            for stream, tally in reconciles.items()
            if tally.oldest is not None
        ),
    )
    waiting, since = waiting_notifications(connection)
    yield gauge(
        "sellersync_notifications_waiting",
        "Notifications of marketplaces that nobody has looked at yet.",
        (),
        [((), waiting)],
    )
    yield gauge(
        "sellersync_notification_oldest_seconds",
        "How long the oldest of them has been waiting.",
        (),
        [((), (now - since).total_seconds() if since else 0.0)],
    )
