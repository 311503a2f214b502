"""One row per shop and stream: the slow pass over everything, and what it found missing."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import Json, UtcTime, metadata

reconciles = Table(
    "reconciles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("shop_key", Text, nullable=False),
    Column("stream", Text, nullable=False),
    # The pass being made and what it covers; NULL between passes.
    Column("began_at", UtcTime),
    Column("range_start", UtcTime),
    Column("range_end", UtcTime),
    # Everything of the range before it has been walked.
    Column("reached", UtcTime),
    # The part being walked, and how far the walk is; the same as in `streams`.
    Column("window_start", UtcTime),
    Column("window_end", UtcTime),
    Column("section", Text),
    Column("cursor", Text),
    Column("rows_seen", Integer, nullable=False, server_default="0"),
    Column("rows_total", Integer),
    Column("shown", LargeBinary, nullable=False, default=b""),
    Column("restarts", Integer, nullable=False, server_default="0"),
    # False: this part cannot prove that a record is missing.
    Column("provable", Boolean, nullable=False, server_default="1"),
    # When all of it was walked; what is missing can be settled then.
    Column("walked_at", UtcTime),
    # What this pass did so far.
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("deleted", Integer, nullable=False, server_default="0"),
    # When it is due, provided that its stream runs.
    Column("next_run_at", UtcTime),
    Column("lease_token", Text),
    Column("lease_until", UtcTime),
    # Turns that began since one last wrote or ended: their workers died.
    Column("begun", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    # The last complete pass.
    Column("finished_at", UtcTime),
    Column("covered_until", UtcTime),
    Column("result", Json),
    # So many records would go at once that an operator must say yes; NULL: no such thing.
    Column("withheld", Integer),
    # The operator has said yes to what the next pass finds.
    Column("confirmed", Boolean, nullable=False, server_default="0"),
    ForeignKeyConstraint(
        ["shop_key", "stream"],
        ["streams.shop_key", "streams.stream"],
        ondelete="CASCADE",
    ),
    UniqueConstraint("shop_key", "stream"),
    Index(None, "next_run_at"),
    Index(
        None,
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
)

# What the part being walked has shown; empty between the parts.
sightings = Table(
    "sightings",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    ForeignKeyConstraint(
        ["shop_key", "stream"],
        ["streams.shop_key", "streams.stream"],
        ondelete="CASCADE",
    ),
)

# Records that a complete walk did not show although we hold them.
missing_records = Table(
    "missing_records",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("missing_since", UtcTime, nullable=False),
    # When the marketplace was last asked for it by id.
    Column("asked_at", UtcTime),
    # Since when it does not know it by id either. Products are deleted then, orders stay.
    Column("gone_since", UtcTime),
    ForeignKeyConstraint(
        ["shop_key", "stream"],
        ["streams.shop_key", "streams.stream"],
        ondelete="CASCADE",
    ),
)
