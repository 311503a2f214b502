"""Views for readers: the normalised rows under names that stay.

A later migration that alters a column which a view shows drops the view first, and makes
it again; on PostgreSQL that takes away what was granted on it, so better do without.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_VIEWS = (
    """
    CREATE VIEW v_orders AS
    SELECT marketplace, shop_key, order_id, status, marketplace_status, currency,
           total_amount, created_at, updated_at, paid_at, buyer_note
    FROM orders
    """,
    """
    CREATE VIEW v_order_lines AS
    SELECT shop_key, order_id, position, line_id, product_id, sku_id, seller_sku, title,
           quantity, unit_price, currency
    FROM order_lines
    """,
    """
    CREATE VIEW v_products AS
    SELECT marketplace, shop_key, product_id, title, status, marketplace_status,
           created_at, updated_at, deleted_at
    FROM products
    """,
    """
    CREATE VIEW v_variants AS
    SELECT shop_key, product_id, position, sku_id, seller_sku, price, currency, stock
    FROM variants
    """,
    """
    CREATE VIEW v_changes AS
    SELECT seq, at, shop_key, stream, id, kind, fields, updated_at
    FROM changes
    """,
    # As `sellersync shops --json` tells it.
    """
    CREATE VIEW v_shops AS
    SELECT shops.shop_key, shops.marketplace, shops.name, shops.region,
           authorizations.state AS authorization_state, shops.paused
    FROM shops JOIN authorizations ON authorizations.id = shops.authorization_id
    """,
    """
    CREATE VIEW v_streams AS
    SELECT shop_key, stream, watermark, last_success_at
    FROM streams
    """,
)
_NAMES = (
    *("v_orders", "v_order_lines", "v_products", "v_variants"),
    *("v_changes", "v_shops", "v_streams"),
)

# PostgreSQL writes through a view of one table, but not through a join; this one costs
# nothing. https://www.postgresql.org/docs/current/sql-createview.html
_READ_ONLY = "CROSS JOIN (SELECT 1) AS read_only"


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for view in _VIEWS:
        op.execute(view + _READ_ONLY if on_postgresql else view)


def downgrade() -> None:
    for name in reversed(_NAMES):
        op.execute(f"DROP VIEW {name}")
