"""How each stream's records lie in the tables, and what their parts are called."""

from dataclasses import dataclass

from sqlalchemy import Table

from worker.domain.records import Stream
from worker.store.schema.records import order_lines, orders, products, variants


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One stream's two tables; the fields stand in the order of their columns."""

    table: Table
    id_name: str
    fields: tuple[str, ...]
    # What the children are called in the normalised form.
    children: str
    child_table: Table
    # The first one tells the children of one record apart.
    child_fields: tuple[str, ...]


SHAPES = {
    Stream.ORDERS: Shape(
        table=orders,
        id_name="order_id",
        fields=(
            "status",
            "marketplace_status",
            "currency",
            "total_amount",
            "created_at",
            "updated_at",
            "paid_at",
            "buyer_note",
        ),
        children="lines",
        child_table=order_lines,
        child_fields=(
            "line_id",
            "product_id",
            "sku_id",
            "seller_sku",
            "title",
            "quantity",
            "unit_price",
            "currency",
        ),
    ),
    Stream.PRODUCTS: Shape(
        table=products,
        id_name="product_id",
        fields=(
            "title",
            "status",
            "marketplace_status",
            "created_at",
            "updated_at",
            "deleted_at",
        ),
        children="variants",
        child_table=variants,
        child_fields=("sku_id", "seller_sku", "price", "currency", "stock"),
    ),
}
