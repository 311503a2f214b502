"""A made-up app, its sellers, and orders and products as small as a test needs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson

from worker.domain.grants import Grant
from worker.domain.identity import App, Shop
from worker.domain.records import (
    Order,
    OrderLine,
    OrderStatus,
    Product,
    ProductStatus,
    Stream,
    Variant,
)
from worker.store.pages import write_page

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

APP = App(
    marketplace="tiktok_shop",
    zone="default",
    app_key="key",
    app_secret="made up",
    api_url="https://api.example",
    requests_per_second=10,
)


def shop(shop_id="1", **fields):
    """Return a shop."""
    return Shop(marketplace="tiktok_shop", zone="default", shop_id=shop_id, **fields)


SHOP_KEY = shop().shop_key


def grant(subject="seller", **fields):
    """Return a seller's grant."""
    tokens = {
        "access_token": "access-1",
        "access_expires_at": NOW + 7 * DAY,
        "refresh_token": "refresh-1",
        "refresh_expires_at": NOW + 300 * DAY,
    }
    return Grant(subject=subject, **{**tokens, **fields})


def order(order_id="1", **fields):
    """Return an order; its payload says everything that it says."""
    values = {
        "status": OrderStatus.TO_SHIP,
        "marketplace_status": "AWAITING_SHIPMENT",
        "currency": "GBP",
        "total_amount": Decimal("12.50"),
        "created_at": NOW - DAY,
        "updated_at": NOW,
        "paid_at": None,
        "buyer_note": None,
        "lines": (),
        **fields,
    }
    raw = values.pop("raw", None) or _payload(order_id, values)
    return Order(order_id=order_id, raw=raw, **values)


def line(line_id="1", **fields):
    """Return an order line."""
    values = {
        "product_id": "p1",
        "sku_id": "s1",
        "seller_sku": "MUG-RED",
        "title": "Mug",
        "quantity": 1,
        "unit_price": Decimal("12.50"),
        "currency": "GBP",
        **fields,
    }
    return OrderLine(line_id=line_id, **values)


def product(product_id="1", **fields):
    """Return a product; its payload says everything that it says."""
    values = {
        "title": "Mug",
        "status": ProductStatus.LIVE,
        "marketplace_status": "ACTIVATE",
        "created_at": NOW - DAY,
        "updated_at": NOW,
        "deleted_at": None,
        "variants": (),
        **fields,
    }
    raw = values.pop("raw", None) or _payload(product_id, values)
    return Product(product_id=product_id, raw=raw, **values)


def variant(sku_id="1", **fields):
    """Return a variant."""
    values = {
        "seller_sku": "MUG-RED",
        "price": Decimal("12.50"),
        "currency": "GBP",
        "stock": 3,
        **fields,
    }
    return Variant(sku_id=sku_id, **values)


def write(database, *records, shop_key=SHOP_KEY, stream=None, now=NOW, fetched_at=None):
    """Write records as one page, in a transaction of its own."""
    stream = stream or (
        Stream.PRODUCTS if isinstance(records[0], Product) else Stream.ORDERS
    )
    with database.write() as connection:
        return write_page(
            connection,
            stream,
            records,
            marketplace="tiktok_shop",
            shop_key=shop_key,
            now=now,
            fetched_at=fetched_at,
        )


def _payload(record_id, values):
    return orjson.dumps({"id": record_id, **values}, default=str)
