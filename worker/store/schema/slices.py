"""History, cut into slices: each is read on its own, beside the live pulls."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import UtcTime, metadata

slices = Table(
    "slices",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("shop_key", Text, nullable=False),
    Column("stream", Text, nullable=False),
    # NULL: from the marketplace's beginning. Neighbours share the second between them.
    Column("window_start", UtcTime),
    Column("window_end", UtcTime, nullable=False),
    # How far its walk is; the same as in `streams`.
    Column("section", Text),
    Column("cursor", Text),
    Column("rows_seen", Integer, nullable=False, server_default="0"),
    Column("rows_total", Integer),
    Column("shown", LargeBinary, nullable=False, default=b""),
    Column("restarts", Integer, nullable=False, server_default="0"),
    # When it is due, provided that its stream runs; NULL when it is done.
    Column("next_run_at", UtcTime),
    Column("lease_token", Text),
    Column("lease_until", UtcTime),
    # Turns that began since one last wrote or ended: their workers died.
    Column("begun", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    # Since when everything in the window is here; the row stays as the proof of it.
    Column("done_at", UtcTime),
    ForeignKeyConstraint(
        ["shop_key", "stream"],
        ["streams.shop_key", "streams.stream"],
        ondelete="CASCADE",
    ),
    Index(None, "shop_key", "stream"),
    # How many are being read.
    Index(None, "lease_until"),
    # Which streams have slices that wait; nothing of those whose history is complete.
    Index(
        "ix_slices_open",
        "shop_key",
        "stream",
        "next_run_at",
        sqlite_where=text("next_run_at IS NOT NULL"),
        postgresql_where=text("next_run_at IS NOT NULL"),
    ),
)
