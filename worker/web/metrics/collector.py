"""Puts the parts together; what cannot be read is left out, and said so."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import redis
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from worker.domain.errors import BudgetUnavailable
from worker.domain.records import Stream
from worker.overview.targets import freshness_targets
from worker.runtime import Runtime
from worker.store.database import database_now
from worker.store.stream_tallies import count_streams_by_app
from worker.web.metrics.budgets import budget_families
from worker.web.metrics.calls import call_families
from worker.web.metrics.canaries import canary_families
from worker.web.metrics.families import gauge
from worker.web.metrics.queues import queue_families
from worker.web.metrics.records import record_families
from worker.web.metrics.sellers import seller_families
from worker.web.metrics.shops import shop_families
from worker.web.metrics.streams import Tallies, stream_families
from worker.web.metrics.webhooks import webhook_families
from worker.web.webhooks.receiver import Receiver


class InstallationCollector(Collector):
    """Reads the whole installation each time it is asked."""

    def __init__(self, here: Runtime, receivers: Mapping[str, Receiver]) -> None:
        self._here = here
        self._receivers = receivers

    @override
    def collect(self) -> Iterator[Metric]:
        """Return all metrics; after an error in the middle none of that part."""
        began = time.monotonic()
        stored: list[Metric] = []
        shared: list[Metric] = []
        tallies: Tallies = {}
        parts = {"database": True, "redis": True}
        try:
            with self._here.database.read() as connection:
                now = database_now(connection)
                targets = freshness_targets(self._here)
                tallies = count_streams_by_app(connection, now=now, targets=targets)
                stored = [
                    *stream_families(connection, tallies, now=now, targets=targets),
                    *self._stored(connection, now),
                ]
        except SQLAlchemyError:
            parts["database"] = False
        try:
            shared = [*self._shared(tallies)]
        except (redis.RedisError, BudgetUnavailable):
            parts["redis"] = False
        yield from stored
        yield from shared
        yield from webhook_families(self._receivers)
        yield gauge(
            "sellersync_up",
            "Whether a part answered; without it, its metrics are left out.",
            ("part",),
            (((part,), float(answers)) for part, answers in parts.items()),
        )
        yield gauge(
            "sellersync_scrape_duration_seconds",
            "What it took to read all this.",
            (),
            [((), time.monotonic() - began)],
        )

    def _stored(self, connection: Connection, now: datetime) -> Iterator[Metric]:
        """Read the database, on one snapshot; a part of its own adds its line here."""
        here = self._here
        apps = [app.app_id for _, app in here.apps.apps]
        yield from seller_families(connection, now=now, apps=apps)
        yield from record_families(connection, now=now)
        every = here.settings.schedule.canary_every
        yield from canary_families(connection, now=now, every=every)
        if here.settings.metrics.per_shop:
            yield from shop_families(connection, now=now)

    def _shared(self, tallies: Tallies) -> Iterator[Metric]:
        """Read Redis."""
        shops = {
            app_id: tally.running
            for (app_id, stream), tally in tallies.items()
            if stream is Stream.ORDERS
        }
        yield from call_families(self._here)
        yield from budget_families(self._here, shops)
        yield from queue_families(self._here)
