"""The truth in sellersync's normalised form, taken from the world, not from payloads."""

from datetime import UTC, datetime

from worker.sandbox.world.money import amount_text
from worker.sandbox.world.records import Line, Order, Product, Variant
from worker.sandbox.world.shops import TIKTOK_SHOP, Shop
from worker.sandbox.world.statuses import (
    NORMALISED_ORDER,
    NORMALISED_PRODUCT,
    ORDER_WORDS,
    PRODUCT_WORDS,
    ProductState,
)

TruthRow = dict[str, object]


def order_row(shop: Shop, order: Order) -> TruthRow:
    """Return the row that `sellersync export orders` must print for this order."""
    # Temu's order answers carry no amounts, no payment time and no buyer's note.
    tells_all = shop.marketplace == TIKTOK_SHOP
    currency = shop.market.currency
    return {
        "marketplace": shop.marketplace,
        "shop_key": shop.shop_key,
        "order_id": order.row_id,
        "status": NORMALISED_ORDER[order.state],
        "marketplace_status": ORDER_WORDS[shop.marketplace][order.state],
        "currency": currency if tells_all else None,
        "total_amount": amount_text(order.total, currency) if tells_all else None,
        "created_at": _iso(order.created_at),
        "updated_at": _iso(order.updated_at),
        "paid_at": _iso(order.paid_at) if tells_all else None,
        "buyer_note": (order.buyer_note or None) if tells_all else None,
        "lines": [_line(line, currency if tells_all else None) for line in order.lines],
    }


def product_row(shop: Shop, product: Product) -> TruthRow:
    """Return the row that `sellersync export products` must print for this product."""
    deleted = product.state is ProductState.DELETED
    variants = sorted(product.variants, key=lambda variant: variant.sku_id)
    return {
        "marketplace": shop.marketplace,
        "shop_key": shop.shop_key,
        "product_id": product.row_id,
        "title": product.title or None,
        "status": NORMALISED_PRODUCT[product.state],
        "marketplace_status": PRODUCT_WORDS[shop.marketplace][product.state],
        "created_at": _iso(product.created_at),
        "updated_at": _iso(product.updated_at),
        "deleted_at": _iso(product.updated_at) if deleted else None,
        "variants": [_variant(variant, shop.market.currency) for variant in variants],
    }


def _line(line: Line, currency: str | None) -> TruthRow:
    price = None if currency is None else amount_text(line.unit_price, currency)
    return {
        "line_id": line.line_id,
        "product_id": line.product_id,
        "sku_id": line.sku_id,
        "seller_sku": line.seller_sku or None,
        "title": line.title or None,
        "quantity": line.quantity,
        "unit_price": price,
        "currency": currency,
    }


def _variant(variant: Variant, currency: str) -> TruthRow:
    return {
        "sku_id": variant.sku_id,
        "seller_sku": variant.seller_sku or None,
        "price": amount_text(variant.price, currency),
        "currency": currency,
        "stock": variant.stock,
    }


def _iso(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
