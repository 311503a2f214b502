"""Log page reads; remember what is blanked, and what the feed no longer has."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import Json, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NOT_BLANKED = sa.text("blanked_at IS NULL")
_LATER_VERSIONS = sa.text("kind <> 'added'")


def upgrade() -> None:
    op.create_table(
        "page_reads",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("shop_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("turn", sa.Text(), nullable=False),
        sa.Column("window_start", UtcTime(), nullable=True),
        sa.Column("window_end", UtcTime(), nullable=True),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("seen_before", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("calls", Json(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_reads")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_page_reads_shop_key_stream_id"),
        "page_reads",
        ["shop_key", "stream", "id"],
    )
    op.create_table(
        "feed_marks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purged_through", sa.BigInteger(), nullable=False),
        sa.Column("blanked_through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_marks")),
    )
    # SQLite can add and drop plain columns without copying the table.
    op.add_column("changes", sa.Column("read_id", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_changes_id"),
        "changes",
        ["id"],
        sqlite_where=_LATER_VERSIONS,
        postgresql_where=_LATER_VERSIONS,
    )
    op.add_column(
        "unreadable_rows", sa.Column("content_hash", sa.LargeBinary(), nullable=True)
    )
    for table in ("raw_payloads", "unreadable_rows"):
        op.add_column(table, sa.Column("read_id", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("blanked_at", UtcTime(), nullable=True))
        op.create_index(
            op.f(f"ix_{table}_fetched_at"),
            table,
            ["fetched_at"],
            sqlite_where=_NOT_BLANKED,
            postgresql_where=_NOT_BLANKED,
        )


def downgrade() -> None:
    for table in ("raw_payloads", "unreadable_rows"):
        op.drop_index(op.f(f"ix_{table}_fetched_at"), table)
        op.drop_column(table, "blanked_at")
        op.drop_column(table, "read_id")
    op.drop_column("unreadable_rows", "content_hash")
    op.drop_index(op.f("ix_changes_id"), "changes")
    op.drop_column("changes", "read_id")
    op.drop_table("feed_marks")
    op.drop_table("page_reads")
