"""Reconcile: passes over everything, what they have shown, what they found missing."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import Json, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "missing_records",
        sa.Column("shop_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("missing_since", UtcTime(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("gone_since", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_key", "stream"],
            ["streams.shop_key", "streams.stream"],
            name=op.f("fk_missing_records_shop_key_stream_streams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_key", "stream", "record_id", name=op.f("pk_missing_records")
        ),
    )
    op.create_table(
        "reconciles",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("shop_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=True),
        sa.Column("range_start", UtcTime(), nullable=True),
        sa.Column("range_end", UtcTime(), nullable=True),
        sa.Column("reached", UtcTime(), nullable=True),
        sa.Column("window_start", UtcTime(), nullable=True),
        sa.Column("window_end", UtcTime(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("rows_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("restarts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("provable", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("walked_at", UtcTime(), nullable=True),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deleted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_run_at", UtcTime(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("covered_until", UtcTime(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("withheld", sa.Integer(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_key", "stream"],
            ["streams.shop_key", "streams.stream"],
            name=op.f("fk_reconciles_shop_key_stream_streams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciles")),
        sa.UniqueConstraint(
            "shop_key", "stream", name=op.f("uq_reconciles_shop_key_stream")
        ),
    )
    with op.batch_alter_table("reconciles", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reconciles_next_run_at"), ["next_run_at"], unique=False
        )

    op.create_table(
        "sightings",
        sa.Column("shop_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_key", "stream"],
            ["streams.shop_key", "streams.stream"],
            name=op.f("fk_sightings_shop_key_stream_streams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "shop_key", "stream", "record_id", name=op.f("pk_sightings")
        ),
    )


def downgrade() -> None:
    op.drop_table("sightings")
    with op.batch_alter_table("reconciles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reconciles_next_run_at"))

    op.drop_table("reconciles")
    op.drop_table("missing_records")
