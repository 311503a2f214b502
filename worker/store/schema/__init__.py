"""The tables; `worker/store/migrations` brings a database to this shape."""

from worker.store.schema import (
    accounts,
    canaries,
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
    "canaries",
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
