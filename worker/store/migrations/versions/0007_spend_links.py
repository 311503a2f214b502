"""Links to sellers that were used."""

import sqlalchemy as sa
from alembic import op

from worker.store.schema.metadata import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_links",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("spent_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_spent_links")),
    )
    with op.batch_alter_table("spent_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_spent_links_expires_at"), ["expires_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("spent_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_links_expires_at"))

    op.drop_table("spent_links")
