"""Canaries: when each queue was last proved to be served."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "canaries",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("heard_at", UtcTime(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("stale_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_canaries")),
    )


def downgrade() -> None:
    op.drop_table("canaries")
