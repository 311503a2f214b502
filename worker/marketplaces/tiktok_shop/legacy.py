"""A product as the API from before 202309 gives it; unsupported since 2024-06-30.

Kept for old data: other signature, other names, statuses as numbers, times in
milliseconds.
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from worker.domain.identity import Shop
from worker.domain.marketplace import Conversation
from worker.domain.records import Product, ProductStatus, Variant
from worker.marketplaces.tiktok_shop import calls
from worker.marketplaces.tiktok_shop.fields import (
    Row,
    answer_of,
    as_row,
    count,
    entries,
    mapping,
    moment,
    money,
    required_text,
    text,
)

STATUS: Mapping[str | None, ProductStatus] = MappingProxyType(
    {
        "1": ProductStatus.DRAFT,
        "2": ProductStatus.PENDING,
        "3": ProductStatus.FAILED,
        "4": ProductStatus.LIVE,
        "5": ProductStatus.INACTIVE,
        "6": ProductStatus.INACTIVE,
        "7": ProductStatus.FROZEN,
        "8": ProductStatus.DELETED,
    }
)


def by_id(shop: Shop, product_id: str) -> Conversation[Product]:
    """Read one product."""
    call = calls.legacy_product(shop, product_id)
    payload = yield call
    with answer_of(call.endpoint):
        return product(as_row(payload, "data"))


def product(row: Row) -> Product:
    """Read one product.

    Raises:
        NotAsDocumented: a field that we need has no id, or another type.
    """
    word = text(row, "product_status")
    status = STATUS.get(word, ProductStatus.UNKNOWN)
    updated_at = moment(row, "update_time")
    return Product(
        product_id=required_text(row, "product_id"),
        title=text(row, "product_name"),
        status=status,
        marketplace_status=word,
        created_at=moment(row, "create_time"),
        updated_at=updated_at,
        deleted_at=updated_at if status is ProductStatus.DELETED else None,
        variants=tuple([_variant(sku) for sku in entries(row, "skus")]),
        raw=orjson.dumps(row),
    )


def _variant(row: Row) -> Variant:
    price = mapping(row, "price")
    stocks = [count(stock, "available_stock") for stock in entries(row, "stock_infos")]
    known = [stock for stock in stocks if stock is not None]
    return Variant(
        sku_id=required_text(row, "id"),
        seller_sku=text(row, "seller_sku"),
        price=money(price, "original_price"),
        currency=text(price, "currency"),
        stock=sum(known) if known else None,
    )
