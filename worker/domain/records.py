"""Orders and products in the normalised form that our users read.

Times are aware UTC; money is `Decimal` in major units; ids are strings. A field that
the marketplace does not give is None, never guessed; an empty text counts as not given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Stream(StrEnum):
    """What is pulled from a shop."""

    ORDERS = "orders"
    PRODUCTS = "products"


class OrderStatus(StrEnum):
    """Where an order is, whatever the marketplace calls it."""

    PENDING = "pending"
    ON_HOLD = "on_hold"
    TO_SHIP = "to_ship"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ProductStatus(StrEnum):
    """Where a product is, whatever the marketplace calls it."""

    DRAFT = "draft"
    PENDING = "pending"
    LIVE = "live"
    INACTIVE = "inactive"
    FROZEN = "frozen"
    DELETED = "deleted"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One position of an order."""

    line_id: str
    product_id: str | None
    sku_id: str | None
    seller_sku: str | None
    title: str | None
    quantity: int | None
    unit_price: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of one shop."""

    order_id: str
    status: OrderStatus
    # The marketplace's own word, for those who need its finer shades.
    marketplace_status: str | None
    currency: str | None
    total_amount: Decimal | None
    created_at: datetime | None
    updated_at: datetime | None
    paid_at: datetime | None
    buyer_note: str | None
    lines: tuple[OrderLine, ...]
    # The untouched payload as JSON; personal data, so never printed.
    raw: bytes = field(repr=False, compare=False)

    @property
    def record_id(self) -> str:
        """The id that is unique within the shop and stream."""
        return self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One buyable form of a product."""

    sku_id: str
    seller_sku: str | None
    price: Decimal | None
    currency: str | None
    # Units over all warehouses.
    stock: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product of one shop."""

    product_id: str
    title: str | None
    status: ProductStatus
    marketplace_status: str | None
    created_at: datetime | None
    updated_at: datetime | None
    # When the marketplace's own word became "deleted".
    deleted_at: datetime | None
    variants: tuple[Variant, ...]
    raw: bytes = field(repr=False, compare=False)

    @property
    def record_id(self) -> str:
        """The id that is unique within the shop and stream."""
        return self.product_id


Record = Order | Product

# What a person wrote or is known by; blanked when it is old.
PERSONAL_FIELDS: Mapping[Stream, frozenset[str]] = MappingProxyType(
    {Stream.ORDERS: frozenset({"buyer_note"}), Stream.PRODUCTS: frozenset()}
)
