"""A series for each shop and stream: only with SELLERSYNC_METRICS__PER_SHOP."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import Connection

from worker.store.shop_ages import shop_ages
from worker.web.metrics.families import gauge


def shop_families(connection: Connection, *, now: datetime) -> Iterator[Metric]:
    """Return what is known of each shop."""
    ages = shop_ages(connection)
    yield gauge(
        "sellersync_shop_freshness_seconds",
        "Now minus the watermark of a running stream.",
        ("shop_key", "stream"),
        (
            (key, (now - watermark).total_seconds())
            for key, watermark in ages.watermarks.items()
        ),
    )
    yield gauge(
        "sellersync_shop_authorization_ends_in_seconds",
        "Until the seller must have authorised again.",
        ("shop_key",),
        (
            ((shop_key,), (ends_at - now).total_seconds())
            for shop_key, ends_at in ages.ends.items()
        ),
    )
