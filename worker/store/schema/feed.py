"""What happened: the change feed for readers of the data, events for operators."""

from sqlalchemy import Column, Index, Table, Text

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import Json, UtcTime, metadata

changes = Table(
    "changes",
    metadata,
    Column("seq", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("shop_key", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("updated_at", UtcTime),
    # Never give a number again that a reader may have passed, also not after deletions.
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("name", Text, nullable=False),
    # NULL where it concerns the whole app or system.
    Column("shop_key", Text),
    Column("app_id", Text),
    Column("detail", Json, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)
