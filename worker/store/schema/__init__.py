"""The tables; `worker/store/migrations` brings a database to this shape."""

from worker.store.schema import (
    accounts,
    feed,
    links,
    notifications,
    reads,
    reconciles,
    records,
    slices,
    streams,
)
from worker.store.schema.metadata import metadata

__all__ = [
    "accounts",
    "feed",
    "links",
    "metadata",
    "notifications",
    "reads",
    "reconciles",
    "records",
    "slices",
    "streams",
]
