"""One row per shop and stream: how far it is, and who works on it."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
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

streams = Table(
    "streams",
    metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "shop_key",
        Text,
        ForeignKey("shops.shop_key", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("stream", Text, nullable=False),
    # Whose budget its calls come from: the app of the shop's authorization, kept here so
    # that the tick finds what is due per app in one index.
    Column("app_id", Text, nullable=False, server_default="?"),
    # Everything at or before it is complete here.
    Column("watermark", UtcTime),
    # The window being walked, and how far the walk is; NULL between windows.
    Column("window_start", UtcTime),
    Column("window_end", UtcTime),
    Column("section", Text),
    Column("cursor", Text),
    Column("rows_seen", Integer, nullable=False, server_default="0"),
    Column("rows_total", Integer),
    # Which ids the walk has shown, as digests; bounded by the largest walk.
    Column("shown", LargeBinary, nullable=False, default=b""),
    # Walks of this window whose count did not add up.
    Column("restarts", Integer, nullable=False, server_default="0"),
    # When it is due; NULL while its shop is paused, its grant is dead or it is disabled.
    Column("next_run_at", UtcTime),
    # Somebody asked for a pull, and none has begun since.
    Column("requested", Boolean, nullable=False, server_default="0"),
    # A webhook or an operator asked for it then: it comes before all that is merely due.
    Column("urgent_at", UtcTime),
    # How many calls one turn takes, learned from those before; NULL: none was made yet.
    Column("calls", Float),
    # Whether its row of `reconciles` was made.
    Column("has_reconcile", Boolean, nullable=False, server_default="0"),
    # Whose turn it is: the claim's token is both idempotency key and fence.
    Column("lease_token", Text),
    Column("lease_until", UtcTime),
    # Turns that began since one last wrote or ended: their workers died.
    Column("begun", Integer, nullable=False, server_default="0"),
    # True: the window re-reads what somebody asked for; the watermark may not follow it.
    Column("aside", Boolean, nullable=False, server_default="0"),
    # Somebody asked to read again from here; taken when the next window opens.
    Column("since", UtcTime),
    # Where live windows began: the slices hold what is before. NULL: no history was cut.
    Column("live_from", UtcTime),
    # How late rows became visible: a histogram of fixed size; NULL: none was late yet.
    Column("lateness", Json),
    # When the watermark last moved, or the stream was last started.
    Column("advanced_at", UtcTime),
    # Since when an operator knows that the watermark does not move.
    Column("stalled_at", UtcTime),
    # A window that was cut ended here, before the watermark: the next one reads the rest.
    Column("rest_from", UtcTime),
    Column("last_success_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    # Why it is not pulled although the shop is: a missing scope.
    Column("disabled", Text),
    UniqueConstraint("shop_key", "stream"),
    # What is due of one app's stream, the longest overdue first.
    Index(None, "app_id", "stream", "next_run_at"),
    # What was handed out, what is urgent, what is new: few rows each, whatever rests.
    Index(
        None,
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
    Index(
        None,
        "app_id",
        "urgent_at",
        sqlite_where=text("urgent_at IS NOT NULL"),
        postgresql_where=text("urgent_at IS NOT NULL"),
    ),
    Index(
        "ix_streams_without_reconcile",
        "id",
        sqlite_where=text("NOT has_reconcile"),
        postgresql_where=text("NOT has_reconcile"),
    ),
)
