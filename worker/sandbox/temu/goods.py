"""Goods by cursor, and their variants (SKUs) by page number."""

import base64
import binascii
from bisect import bisect_left

import orjson

from worker.sandbox.temu.goods_payload import goods_item, sku_item
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.temu.verdicts import (
    GOODS_PARAMETERS,
    PAGE_TOO_LARGE,
    Refused,
    bad_params,
)
from worker.sandbox.temu.zone import Admitted
from worker.sandbox.world.records import Product
from worker.sandbox.world.statuses import ProductState

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 25
MAX_GOODS_IDS = 100

_BUCKETS = {
    "ALL": frozenset({ProductState.LIVE, ProductState.OFF}),
    "ACTIVE": frozenset({ProductState.LIVE}),
    "INACTIVE": frozenset({ProductState.OFF}),
    "INCOMPLETE": frozenset({ProductState.IN_REVIEW}),
    "DRAFT": frozenset({ProductState.DRAFT}),
    "DELETED": frozenset({ProductState.DELETED}),
}
# `skuSearchType`: for sale, or not.
_FOR_SALE, _NOT_FOR_SALE = 2, 3


def retrieve_goods(call: Admitted) -> object:
    """Answer one page of one bucket, oldest goods first; there is no price or stock in it."""
    parameters = call.parameters
    bucket = _BUCKETS.get(parameters.text("goodsSearchType") or "")
    if bucket is None:
        raise Refused(GOODS_PARAMETERS)
    size = parameters.integer("pageSize") or DEFAULT_PAGE_SIZE
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise Refused(GOODS_PARAMETERS)
    found = sorted(
        (
            goods
            for goods in _visible(call)
            if goods.state in bucket and _passes(goods, parameters)
        ),
        key=_place,
    )
    after = _cursor(parameters.text("pageToken"))
    start = 0 if after is None else bisect_left(found, after, key=_place)
    page = found[start : start + size]
    last = start + size >= len(found)
    return {
        "total": len(found),
        "pagination": {
            "nextToken": None if last else _token(found[start + size]),
            "previousToken": None,
        },
        "goodsList": [goods_item(goods) for goods in page],
    }


def query_skus(call: Admitted) -> object:
    """Answer one page of variants with price and stock."""
    parameters = call.parameters
    search_type = parameters.integer("skuSearchType")
    if search_type not in {_FOR_SALE, _NOT_FOR_SALE}:
        raise Refused(bad_params("skuSearchType"))
    number = parameters.integer("pageNo")
    size = parameters.integer("pageSize")
    number = 1 if number is None else number
    size = DEFAULT_PAGE_SIZE if size is None else size
    if number < 1 or size < 1:
        raise Refused(bad_params("pageNo"))
    if size > MAX_PAGE_SIZE:
        raise Refused(PAGE_TOO_LARGE)
    wanted = parameters.integers("skuIdList")
    for_sale = search_type == _FOR_SALE
    found = [
        (goods, variant)
        for goods in _visible(call)
        if (goods.state is ProductState.LIVE) == for_sale
        for variant in goods.variants
        if not wanted or int(variant.sku_id) in wanted
    ]
    start = (number - 1) * size
    return {
        "pageNo": number,
        "total": len(found),
        "skuList": [
            sku_item(call.mall.shop, goods, variant)
            for goods, variant in found[start : start + size]
        ],
    }


def _visible(call: Admitted) -> list[Product]:
    ledger = call.mall.shop.products
    ledger.catch_up(call.zone.conditions.now())
    found = ledger.created(None, None)
    return found.page(0, len(found), newest_first=False)


def _passes(goods: Product, parameters: Parameters) -> bool:
    ids = parameters.texts("goodsIdList")
    if len(ids) > MAX_GOODS_IDS:
        raise Refused(GOODS_PARAMETERS)
    return (
        (not ids or goods.row_id in ids)
        and _within(goods.created_at, parameters, "goodsCreateTime")
        and _within(goods.updated_at, parameters, "goodsStatusChangeTime")
    )


def _within(moment: int, parameters: Parameters, name: str) -> bool:
    """Compare in milliseconds, both ends inclusive."""
    since = parameters.integer(f"{name}From")
    until = parameters.integer(f"{name}To")
    return (since is None or moment * 1000 >= since) and (
        until is None or moment * 1000 <= until
    )


def _place(goods: Product) -> tuple[int, str]:
    return goods.created_at, goods.row_id


def _token(following: Product) -> str:
    """Return a cursor that names the next goods: rows that leave shift nothing."""
    created_at, goods_id = _place(following)
    return base64.b64encode(orjson.dumps({"t": created_at, "id": goods_id})).decode()


def _cursor(token: str | None) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        cursor = orjson.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError):
        raise Refused(GOODS_PARAMETERS) from None
    match cursor:
        case {"t": int(created_at), "id": str(goods_id)}:
            return created_at, goods_id
        case _:
            raise Refused(GOODS_PARAMETERS)
