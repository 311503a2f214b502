"""Making orders and products out of chance."""

import random
from collections.abc import Sequence

from worker.sandbox.world import words
from worker.sandbox.world.numbers import line_id, order_id, product_id, sku_id
from worker.sandbox.world.records import Line, Order, Product, Variant
from worker.sandbox.world.shops import TIKTOK_SHOP, Shop
from worker.sandbox.world.statuses import OrderState, ProductState

DAY = 86_400  # seconds
# Shares of all rows.
ON_THE_HOUR = 0.1
WITHOUT_SELLER_SKU = 0.1
CANCELLED_UNPAID = 0.3

# By age in days: what has usually become of an order by then.
_TIKTOK_AGES: tuple[tuple[float, tuple[OrderState, ...]], ...] = (
    (0.5, (OrderState.UNPAID, OrderState.ON_HOLD, OrderState.TO_SHIP)),
    (3, (OrderState.TO_SHIP, OrderState.TO_COLLECT, OrderState.PARTLY_SHIPPED)),
    (10, (OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CANCELLED)),
    (25, (OrderState.DELIVERED, OrderState.COMPLETED)),
    (1e9, (OrderState.COMPLETED,) * 5 + (OrderState.CANCELLED,)),
)
_TEMU_AGES: tuple[tuple[float, tuple[OrderState, ...]], ...] = (
    (0.5, (OrderState.UNPAID, OrderState.TO_SHIP)),
    (3, (OrderState.TO_SHIP, OrderState.PARTLY_SHIPPED, OrderState.SHIPPED)),
    (10, (OrderState.SHIPPED, OrderState.PARTLY_DELIVERED, OrderState.CANCELLED)),
    (1e9, (OrderState.DELIVERED,) * 5 + (OrderState.CANCELLED,)),
)
_TIKTOK_PRODUCTS = (
    (ProductState.LIVE,) * 14
    + (ProductState.OFF,) * 2
    + (ProductState.TAKEN_DOWN, ProductState.DRAFT, ProductState.IN_REVIEW)
    + (ProductState.REFUSED, ProductState.FROZEN, ProductState.DELETED)
)
_TEMU_PRODUCTS = (ProductState.LIVE,) * 14 + (
    ProductState.OFF, ProductState.OFF, ProductState.DRAFT, ProductState.IN_REVIEW,
    ProductState.DELETED,
)  # fmt: skip
_NEW_PRODUCTS = (ProductState.LIVE,) * 4 + (ProductState.DRAFT, ProductState.IN_REVIEW)


def make_product(
    shop: Shop, serial: int, chance: random.Random, *, created_at: int, now: int
) -> Product:
    """Return a product of this shop; `serial` is unique in the world."""
    tiktok = shop.marketplace == TIKTOK_SHOP
    aged = _TIKTOK_PRODUCTS if tiktok else _TEMU_PRODUCTS
    states = _NEW_PRODUCTS if created_at == now else aged
    title = f"{chance.choice(words.ADJECTIVES)} {chance.choice(words.GOODS)} {serial}"
    return Product(
        row_id=product_id(shop, serial),
        serial=serial,
        title=title,
        state=chance.choice(states),
        created_at=created_at,
        updated_at=_moment(chance, created_at, now),
        variants=tuple(
            make_variant(shop, serial, place, chance)
            for place in range(chance.choice((1, 1, 2, 3)))
        ),
    )


def make_variant(shop: Shop, serial: int, place: int, chance: random.Random) -> Variant:
    """Return one variant of the product with this serial."""
    anonymous = chance.random() < WITHOUT_SELLER_SKU
    return Variant(
        sku_id=sku_id(shop, serial, place),
        seller_sku="" if anonymous else f"SKU-{serial:05d}-{place}",
        name=words.VARIANTS[place],
        price=chance.randint(199, 19_999),
        stocks=tuple(chance.randint(0, 400) for _ in range(chance.choice((1, 1, 2)))),
    )


def make_order(
    shop: Shop,
    serial: int,
    chance: random.Random,
    *,
    products: Sequence[Product],
    created_at: int,
    now: int,
) -> Order:
    """Return an order as old as `created_at` says, in a state that fits its age."""
    tiktok = shop.marketplace == TIKTOK_SHOP
    age = (now - created_at) / DAY
    states = next(
        states
        for limit, states in (_TIKTOK_AGES if tiktok else _TEMU_AGES)
        if age <= limit
    )
    state = OrderState.UNPAID if created_at == now else chance.choice(states)
    cancelled = state is OrderState.CANCELLED
    never_paid = cancelled and chance.random() < CANCELLED_UNPAID
    paid = state is not OrderState.UNPAID and not never_paid
    updated_at = _moment(chance, created_at, min(now, created_at + 20 * DAY))
    return Order(
        row_id=order_id(shop, serial),
        serial=serial,
        state=state,
        created_at=created_at,
        updated_at=updated_at,
        paid_at=min(updated_at, created_at + chance.randint(2, 900)) if paid else None,
        buyer_note=chance.choice(words.NOTES),
        lines=tuple(_lines(shop, serial, chance, products, cancelled=cancelled)),
        shipping_fee=chance.choice((0, 0, 499)),
        tax=chance.choice((0, 120)),
    )


def _lines(
    shop: Shop,
    serial: int,
    chance: random.Random,
    products: Sequence[Product],
    *,
    cancelled: bool,
) -> list[Line]:
    """Return one line per unit for TikTok Shop, one line per variant for Temu."""
    per_unit = shop.marketplace == TIKTOK_SHOP
    lines: list[Line] = []
    count = min(len(products), chance.choice((1, 1, 1, 2)))
    for product in chance.sample(products, k=count):
        variant = chance.choice(product.variants)
        units = chance.choice((1, 1, 1, 2, 3))
        for ordered in (1,) * units if per_unit else (units,):
            line = Line(
                line_id=line_id(shop, serial, len(lines)),
                product_id=product.row_id,
                sku_id=variant.sku_id,
                seller_sku=variant.seller_sku,
                title=product.title,
                variant=variant.name,
                unit_price=variant.price,
                ordered=ordered,
                # TikTok Shop has no quantities, so none is cancelled there.
                cancelled=ordered if cancelled and not per_unit else 0,
            )
            lines.append(line)
    return lines


def _moment(chance: random.Random, earliest: int, latest: int) -> int:
    """Return a time in the range; some fall on a full hour, so that rows tie."""
    moment = chance.randint(earliest, latest)
    if chance.random() < ON_THE_HOUR:
        return max(earliest, moment - moment % 3600)
    return moment
