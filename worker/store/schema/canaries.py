"""One row per queue: when it was last proved that somebody serves it."""

from sqlalchemy import Column, Table, Text

from worker.store.schema.metadata import UtcTime, metadata

canaries = Table(
    "canaries",
    metadata,
    Column("queue", Text, primary_key=True),
    # By the database's clock, when the canary's task was done.
    Column("heard_at", UtcTime, nullable=False),
    # Which worker did it; NULL until the first one.
    Column("worker", Text),
    # Since when an operator knows that it is silent.
    Column("stale_at", UtcTime),
)
