"""Orders and products in the normalised form, and the payloads they came from."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from worker.store.schema.metadata import Money, UtcTime, metadata

_NOT_BLANKED = text("blanked_at IS NULL")

orders = Table(
    "orders",
    metadata,
    Column("marketplace", Text, nullable=False),
    Column("shop_key", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("marketplace_status", Text),
    Column("currency", Text),
    Column("total_amount", Money),
    Column("created_at", UtcTime),
    Column("updated_at", UtcTime),
    Column("paid_at", UtcTime),
    Column("buyer_note", Text),
    # Of the untouched payload: an equal one is neither written nor a change.
    Column("content_hash", LargeBinary, nullable=False),
    Index(None, "updated_at"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("line_id", Text, primary_key=True),
    Column("product_id", Text),
    Column("sku_id", Text),
    Column("seller_sku", Text),
    Column("title", Text),
    Column("quantity", BigInteger),
    Column("unit_price", Money),
    Column("currency", Text),
)

products = Table(
    "products",
    metadata,
    Column("marketplace", Text, nullable=False),
    Column("shop_key", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("title", Text),
    Column("status", Text, nullable=False),
    Column("marketplace_status", Text),
    Column("created_at", UtcTime),
    Column("updated_at", UtcTime),
    Column("deleted_at", UtcTime),
    Column("content_hash", LargeBinary, nullable=False),
    Index(None, "updated_at"),
)

variants = Table(
    "variants",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("sku_id", Text, primary_key=True),
    Column("seller_sku", Text),
    Column("price", Money),
    Column("currency", Text),
    Column("stock", BigInteger),
)

raw_payloads = Table(
    "raw_payloads",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
    # Which page read wrote it.
    Column("read_id", BigInteger),
    # When personal data was taken out of it; its record's hash stays that of the original.
    Column("blanked_at", UtcTime),
    # Finds what is due to be blanked, and holds nothing else.
    Index(None, "fetched_at", sqlite_where=_NOT_BLANKED, postgresql_where=_NOT_BLANKED),
)

# Rows that could not be understood; kept so that nothing is dropped silently.
unreadable_rows = Table(
    "unreadable_rows",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    # The record's id, or a hash of the payload where it has none.
    Column("record_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
    # Of the payload as it came: an equal one is not written again.
    Column("content_hash", LargeBinary),
    Column("read_id", BigInteger),
    Column("blanked_at", UtcTime),
    Index(None, "fetched_at", sqlite_where=_NOT_BLANKED, postgresql_where=_NOT_BLANKED),
)
