"""Ids that look like each marketplace's own, all made from numbers used only once."""

from worker.sandbox.world.shops import TIKTOK_SHOP, Shop

# Ids of different rows stay apart as long as nothing has more parts than this.
_STEP = 1_019


def product_id(shop: Shop, serial: int) -> str:
    """Return the id of the product with this serial."""
    if shop.marketplace == TIKTOK_SHOP:
        return str(1_729_000_000_000_000_000 + serial * _STEP)
    return str(601_000_000_000_000 + serial * _STEP)


def sku_id(shop: Shop, serial: int, place: int) -> str:
    """Return the id of the `place`-th variant of a product."""
    if shop.marketplace == TIKTOK_SHOP:
        return str(2_729_000_000_000_000_000 + serial * _STEP + place)
    return str(17_592_000_000_000 + serial * _STEP + place)


def order_id(shop: Shop, serial: int) -> str:
    """Return the id of the order with this serial; Temu's begins with the country."""
    if shop.marketplace == TIKTOK_SHOP:
        return str(576_000_000_000_000_000 + serial * _STEP)
    number = 10_960_000_000_000_000 + serial * _STEP
    return f"PO-{shop.market.region_id:03d}-{number:017d}"


def line_id(shop: Shop, serial: int, place: int) -> str:
    """Return the id of the `place`-th line of an order."""
    if shop.marketplace == TIKTOK_SHOP:
        return str(577_000_000_000_000_000 + serial * _STEP + place)
    number = 10_960_000_000_000_000 + serial * _STEP + place
    return f"{shop.market.region_id:03d}-{number:017d}"
