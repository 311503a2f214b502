"""What marketplaces told us, until somebody has looked; each once."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import Json, UtcTime, metadata

notifications = Table(
    "notifications",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("app_id", Text, nullable=False),
    # The same for each delivery of it.
    Column("notification_id", Text, nullable=False),
    # No foreign key: one of a shop that is not connected must not cost the others theirs.
    Column("shop_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # The marketplace's name of the event.
    Column("event", Text, nullable=False),
    Column("record_ids", Json, nullable=False),
    # When the grant is said to end.
    Column("ends_at", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    # When somebody should look; NULL: somebody has.
    Column("due_at", UtcTime),
    Column("lease_token", Text),
    Column("lease_until", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("handled_at", UtcTime),
    # What came of it: read, or why it was not.
    Column("outcome", Text),
    UniqueConstraint("app_id", "notification_id"),
    Index(None, "due_at"),
    Index(None, "shop_key", "due_at"),
)
