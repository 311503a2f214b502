"""Turns that began and did not end, also of slices and reconciles."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = ("slices", "reconciles")


def upgrade() -> None:
    for table in _TABLES:
        begun = sa.Column("begun", sa.Integer(), server_default="0", nullable=False)
        op.add_column(table, begun)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "begun")
