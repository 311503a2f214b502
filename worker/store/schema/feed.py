"""What happened: the change feed for readers of the data, events for operators."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import Json, UtcTime, metadata

# The later versions of a record; an index of all changes would slow the first pull down.
LATER_VERSIONS = text("kind <> 'added'")

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
    # Which page read wrote it; not part of the feed.
    Column("read_id", BigInteger),
    Index(None, "id", sqlite_where=LATER_VERSIONS, postgresql_where=LATER_VERSIONS),
    # Never give a number again that a reader may have passed, also not after deletions.
    sqlite_autoincrement=True,
)

# One row: up to which number something was done with the feed.
feed_marks = Table(
    "feed_marks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # What is at or before it is no longer kept.
    Column("purged_through", BigInteger, nullable=False),
    # At or before it, personal data is blanked.
    Column("blanked_through", BigInteger, nullable=False),
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
