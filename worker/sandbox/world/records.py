"""Orders and products of the world: immutable, a change makes a new version.

Times are whole Unix seconds, money is whole minor units, an empty text is an empty text.
"""

from dataclasses import dataclass

from worker.sandbox.world.statuses import OrderState, ProductState


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position of an order."""

    line_id: str
    product_id: str
    sku_id: str
    seller_sku: str
    title: str
    variant: str
    unit_price: int
    ordered: int = 1
    cancelled: int = 0

    @property
    def quantity(self) -> int:
        """What is still wanted."""
        return self.ordered - self.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, as it is since `updated_at`."""

    row_id: str
    serial: int
    version: int = 0
    state: OrderState
    created_at: int
    updated_at: int
    paid_at: int | None
    buyer_note: str
    lines: tuple[Line, ...]
    shipping_fee: int
    tax: int

    @property
    def sub_total(self) -> int:
        """The price of all lines, before shipping and tax."""
        return sum(line.unit_price * line.ordered for line in self.lines)

    @property
    def total(self) -> int:
        """What the buyer pays."""
        return self.sub_total + self.shipping_fee + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One buyable form of a product."""

    sku_id: str
    seller_sku: str
    name: str
    price: int
    # Units per warehouse.
    stocks: tuple[int, ...]

    @property
    def stock(self) -> int:
        """Units over all warehouses."""
        return sum(self.stocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product, as it is since `updated_at`."""

    row_id: str
    serial: int
    version: int = 0
    title: str
    state: ProductState
    created_at: int
    # Temu: the last change of the status; other changes leave it alone.
    updated_at: int
    variants: tuple[Variant, ...]
