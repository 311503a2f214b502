"""Admission by budget: what the tick needs to know of streams, and shops that keep failing."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite can add and drop plain columns without copying the table.
    op.add_column(
        "streams", sa.Column("app_id", sa.Text(), server_default="?", nullable=False)
    )
    op.add_column("streams", sa.Column("urgent_at", UtcTime(), nullable=True))
    op.add_column("streams", sa.Column("calls", sa.Float(), nullable=True))
    op.add_column(
        "streams",
        sa.Column("has_reconcile", sa.Boolean(), server_default="0", nullable=False),
    )
    op.execute(
        "UPDATE streams SET app_id = (SELECT authorizations.app_id FROM shops"
        " JOIN authorizations ON authorizations.id = shops.authorization_id"
        " WHERE shops.shop_key = streams.shop_key)"
    )
    op.execute(
        "UPDATE streams SET has_reconcile = EXISTS (SELECT 1 FROM reconciles"
        " WHERE reconciles.shop_key = streams.shop_key"
        " AND reconciles.stream = streams.stream)"
    )
    op.drop_index(op.f("ix_streams_next_run_at"), "streams")
    op.create_index(
        op.f("ix_streams_app_id_stream_next_run_at"),
        "streams",
        ["app_id", "stream", "next_run_at"],
    )
    _partial(
        "ix_streams_app_id_urgent_at", "streams", ["app_id", "urgent_at"], "urgent_at"
    )
    op.create_index(
        "ix_streams_without_reconcile",
        "streams",
        ["id"],
        sqlite_where=sa.text("NOT has_reconcile"),
        postgresql_where=sa.text("NOT has_reconcile"),
    )
    op.add_column(
        "shops", sa.Column("failures", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("shops", sa.Column("broken_since", UtcTime(), nullable=True))
    _partial("ix_shops_broken_since", "shops", ["broken_since"], "broken_since")
    op.drop_index(op.f("ix_authorizations_refresh_at"), "authorizations")
    op.create_index(
        op.f("ix_authorizations_app_id_refresh_at"),
        "authorizations",
        ["app_id", "refresh_at"],
    )
    for table in ("streams", "authorizations", "reconciles"):
        _partial(f"ix_{table}_lease_until", table, ["lease_until"], "lease_until")
    op.drop_index(op.f("ix_slices_shop_key_stream_next_run_at"), "slices")
    op.create_index(op.f("ix_slices_shop_key_stream"), "slices", ["shop_key", "stream"])
    _partial(
        "ix_slices_open", "slices", ["shop_key", "stream", "next_run_at"], "next_run_at"
    )


def downgrade() -> None:
    op.drop_index("ix_slices_open", "slices")
    op.drop_index(op.f("ix_slices_shop_key_stream"), "slices")
    op.create_index(
        op.f("ix_slices_shop_key_stream_next_run_at"),
        "slices",
        ["shop_key", "stream", "next_run_at"],
    )
    for table in ("streams", "authorizations", "reconciles"):
        op.drop_index(f"ix_{table}_lease_until", table)
    op.drop_index(op.f("ix_authorizations_app_id_refresh_at"), "authorizations")
    op.create_index(
        op.f("ix_authorizations_refresh_at"), "authorizations", ["refresh_at"]
    )
    op.drop_index("ix_shops_broken_since", "shops")
    for column in ("broken_since", "failures"):
        op.drop_column("shops", column)
    for name in (
        "ix_streams_without_reconcile",
        "ix_streams_app_id_urgent_at",
        op.f("ix_streams_app_id_stream_next_run_at"),
    ):
        op.drop_index(name, "streams")
    op.create_index(op.f("ix_streams_next_run_at"), "streams", ["next_run_at"])
    for column in ("has_reconcile", "calls", "urgent_at", "app_id"):
        op.drop_column("streams", column)


def _partial(name: str, table: str, columns: list[str], present: str) -> None:
    """Make an index of the rows that have a value there."""
    has = sa.text(f"{present} IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=has, postgresql_where=has)
