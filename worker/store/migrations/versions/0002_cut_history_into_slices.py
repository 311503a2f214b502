"""Cut history into slices; remember lateness and when a stream moved."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import Json, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NEW = ("live_from", "lateness", "advanced_at", "stalled_at", "rest_from")


def upgrade() -> None:
    op.create_table(
        "slices",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("shop_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("window_start", UtcTime(), nullable=True),
        sa.Column("window_end", UtcTime(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("rows_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("restarts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_run_at", UtcTime(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_key", "stream"],
            ["streams.shop_key", "streams.stream"],
            name=op.f("fk_slices_shop_key_stream_streams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slices")),
    )
    op.create_index(
        op.f("ix_slices_shop_key_stream_next_run_at"),
        "slices",
        ["shop_key", "stream", "next_run_at"],
    )
    op.create_index(op.f("ix_slices_lease_until"), "slices", ["lease_until"])
    op.add_column("streams", sa.Column("live_from", UtcTime(), nullable=True))
    op.add_column("streams", sa.Column("lateness", Json(), nullable=True))
    op.add_column("streams", sa.Column("advanced_at", UtcTime(), nullable=True))
    op.add_column("streams", sa.Column("stalled_at", UtcTime(), nullable=True))
    op.add_column("streams", sa.Column("rest_from", UtcTime(), nullable=True))
    op.execute("UPDATE streams SET advanced_at = COALESCE(watermark, next_run_at)")


def downgrade() -> None:
    for name in reversed(_NEW):
        op.drop_column("streams", name)
    op.drop_index(op.f("ix_slices_lease_until"), "slices")
    op.drop_index(op.f("ix_slices_shop_key_stream_next_run_at"), "slices")
    op.drop_table("slices")
