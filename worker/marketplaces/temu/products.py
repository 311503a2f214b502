"""Read one product: its goods row, and the SKU rows with the prices and the stock."""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from worker.domain.records import Product, ProductStatus, Variant
from worker.marketplaces.temu.fields import (
    NotUnderstood,
    Row,
    moment,
    money,
    required,
    row,
    rows,
    text,
    whole,
)

# Temu writes "InActive" in its documentation and "Inactive" in replies.
STATUSES = MappingProxyType(
    {
        "active": ProductStatus.LIVE,
        "inactive": ProductStatus.INACTIVE,
        "incomplete": ProductStatus.PENDING,
        "draft": ProductStatus.DRAFT,
        "deleted": ProductStatus.DELETED,
    }
)


def read_product(goods: object, skus: Mapping[str, Row]) -> Product:
    """Return one element of `goodsList` as a product; `skus` are the SKU rows by id.

    Raises:
        NotUnderstood: a field is not what Temu documents.
    """
    item = row(goods, "goods")
    marketplace_status = text(item, "goodsStatus")
    status = STATUSES.get((marketplace_status or "").lower(), ProductStatus.UNKNOWN)
    # Prices, stock and texts change without moving it.
    changed_at = moment(item, "goodsStatusChangeTime")
    variants = tuple(_variant(sku, skus) for sku in _sku_infos(item))
    return Product(
        product_id=required(item, "goodsId"),
        title=text(item, "goodsName"),
        status=status,
        marketplace_status=marketplace_status,
        created_at=moment(item, "goodsCreateTime"),
        updated_at=changed_at,
        deleted_at=changed_at if status is ProductStatus.DELETED else None,
        variants=variants,
        raw=orjson.dumps(
            {
                "goods": item,
                "skus": [
                    skus[variant.sku_id]
                    for variant in variants
                    if variant.sku_id in skus
                ],
            }
        ),
    )


def product_id_of(goods: object) -> str | None:
    """Return the id of a product that may not be understood otherwise."""
    try:
        return text(row(goods, "goods"), "goodsId")
    except NotUnderstood:
        return None


def sku_ids_of(goods: object) -> tuple[str, ...]:
    """Return the ids to ask prices and stock for; none if the row is not understood."""
    try:
        return tuple(_sku_id(sku) for sku in _sku_infos(row(goods, "goods")))
    except NotUnderstood:
        return ()


def _sku_infos(item: Row) -> tuple[Row, ...]:
    return tuple(row(sku, "sku") for sku in rows(item, "skuInfoList"))


def _sku_id(sku: Row) -> str:
    sku_id = whole(sku, "skuId")
    if sku_id is None:
        raise NotUnderstood("skuId is missing")
    return str(sku_id)


def _variant(sku: Row, skus: Mapping[str, Row]) -> Variant:
    sku_id = _sku_id(sku)
    # Neither for sale nor not for sale: nothing is known about it.
    detail = skus.get(sku_id, {})
    return Variant(
        sku_id=sku_id,
        seller_sku=text(sku, "skuSn"),
        price=money(detail, "price"),
        currency=text(detail, "currency"),
        stock=whole(detail, "stock"),
    )
