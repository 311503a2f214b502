"""Turns that began and did not end: streams that end their workers are found by them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "streams", sa.Column("begun", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("streams", "begun")
