"""The log of page reads: what was asked of a marketplace, and what came."""

from sqlalchemy import Column, Index, Integer, Table, Text

from worker.store.schema.accounts import RowId
from worker.store.schema.metadata import Json, UtcTime, metadata

page_reads = Table(
    "page_reads",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("shop_key", Text, nullable=False),
    Column("stream", Text, nullable=False),
    # The turn that read it: the token of its lease.
    Column("turn", Text, nullable=False),
    # The window that was walked; no start: from the first row.
    Column("window_start", UtcTime),
    Column("window_end", UtcTime),
    Column("section", Text, nullable=False),
    # Rows that this walk had seen before the page: where in the walk it is.
    Column("seen_before", Integer, nullable=False),
    # What the page led to: the walk goes on, is complete, or begins again.
    Column("step", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    # Rows in the whole section, as the marketplace counted.
    Column("total", Integer),
    # Each call of the page: endpoint, HTTP status, the marketplace's request id.
    Column("calls", Json, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Index(None, "shop_key", "stream", "id"),
    # What is purged is not numbered again: rows elsewhere point here.
    sqlite_autoincrement=True,
)
