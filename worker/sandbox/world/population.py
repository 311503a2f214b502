"""Filling the world with shops and their history when a sandbox starts."""

import random

from worker.sandbox.world.generation import make_order, make_product
from worker.sandbox.world.shops import (
    TEMU,
    TEMU_MARKETS,
    TIKTOK_MARKETS,
    TIKTOK_SHOP,
    Shop,
)

FIRST_TIKTOK_SHOP = 7_495_540_735_000_000_000
FIRST_MALL = 635_517_740_000_000
# How much of the products' life lies before the first order.
PRODUCT_HEAD_START = 1.2


def tiktok_shop(seller: int, place: int, number: int) -> Shop:
    """Return an empty shop: the `place`-th of a seller, the `number`-th of all."""
    market = TIKTOK_MARKETS[(seller + place) % len(TIKTOK_MARKETS)]
    return Shop(
        marketplace=TIKTOK_SHOP,
        zone="default",
        shop_id=str(FIRST_TIKTOK_SHOP + number * 7_919),
        name=f"Seller {seller + 1} Shop {market.region} {place + 1}",
        market=market,
        cross_border=place > 0,
    )


def temu_mall(zone: str, place: int) -> Shop:
    """Return an empty mall: the `place`-th of its zone."""
    markets = TEMU_MARKETS[zone]
    market = markets[place % len(markets)]
    zone_number = list(TEMU_MARKETS).index(zone)
    return Shop(
        marketplace=TEMU,
        zone=zone,
        shop_id=str(FIRST_MALL + zone_number * 1_000_003 + place * 7_919),
        name=f"Mall {market.region} {place + 1}",
        market=market,
    )


class Serials:
    """Numbers orders and products, each only once in the world."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Return the next number."""
        self._last += 1
        return self._last


def fill(
    shop: Shop,
    serials: Serials,
    chance: random.Random,
    *,
    orders: int,
    products: int,
    history_seconds: int,
    now: int,
) -> None:
    """Give a shop its products and a history of orders whose newest is near now."""
    product_history = int(history_seconds * PRODUCT_HEAD_START)
    for created_at in _spread(chance, products, product_history, now):
        product = make_product(
            shop, serials.next(), chance, created_at=created_at, now=now
        )
        shop.products.put(product)
    known = list(shop.products.true.values())
    for created_at in _spread(chance, orders, history_seconds, now):
        order = make_order(
            shop,
            serials.next(),
            chance,
            products=known,
            created_at=created_at,
            now=now,
        )
        shop.orders.put(order)


def _spread(
    chance: random.Random, count: int, history_seconds: int, now: int
) -> list[int]:
    """Return `count` times from the beginning of the history to a moment ago."""
    if not count:
        return []
    step = history_seconds / count
    ages = [step * (place + chance.random()) for place in reversed(range(count))]
    ages[-1] = 1.0
    return [now - int(age) for age in ages]
