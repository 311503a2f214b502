"""Ask Temu for products: page by page of a bucket, or by id."""

from collections.abc import Iterable
from functools import partial

from worker.domain.errors import UnreadableReply
from worker.domain.marketplace import Conversation
from worker.domain.pages import Page, PageRequest
from worker.domain.records import Product
from worker.marketplaces.temu import calls
from worker.marketplaces.temu.fields import NotUnderstood, row, text
from worker.marketplaces.temu.pages import listing, page_of, whole_listing
from worker.marketplaces.temu.products import product_id_of, read_product, sku_ids_of
from worker.marketplaces.temu.skus import skus_by_id

# "ALL" is only what is on sale or was; each other bucket is walked on its own.
SECTIONS = ("ALL", "INCOMPLETE", "DRAFT", "DELETED")


def product_page(request: PageRequest) -> Conversation[Page]:
    """Read one page of a bucket of goods, with the price and stock of their SKUs."""
    call = calls.goods_list(request.section, page_token=request.cursor)
    payload = yield call
    goods, total = listing(call.endpoint, payload, items="goodsList", total="total")
    next_token = _next_token(call.endpoint, payload)
    skus = yield from skus_by_id(_sku_ids(goods))
    return page_of(
        goods,
        read=partial(read_product, skus=skus),
        id_of=product_id_of,
        total=total,
        # How the last page is marked is not documented; behind an empty one is nothing.
        next_cursor=next_token if goods else None,
    )


def products_by_id(product_ids: tuple[str, ...]) -> Conversation[tuple[Product, ...]]:
    """Read these products; those that are in no bucket are left out."""
    found: dict[str, object] = {}
    for section in SECTIONS:
        missing = [wanted for wanted in product_ids if wanted not in found]
        for ids in calls.in_batches(missing):
            call = calls.goods_of(section, ids)
            payload = yield call
            goods = whole_listing(
                call.endpoint, payload, items="goodsList", total="total"
            )
            # Temu ignores parameters that it does not know, so look what came back.
            by_id = {product_id_of(item): item for item in goods}
            found |= {wanted: by_id[wanted] for wanted in ids if wanted in by_id}
    skus = yield from skus_by_id(_sku_ids(found.values()))
    try:
        return tuple(read_product(goods, skus) for goods in found.values())
    except NotUnderstood as error:
        raise UnreadableReply(calls.Type.GOODS_LIST, str(error)) from error


def _next_token(endpoint: str, payload: object) -> str | None:
    try:
        pagination = row(payload, "result").get("pagination")
        if pagination is None:
            return None
        return text(row(pagination, "pagination"), "nextToken")
    except NotUnderstood as error:
        raise UnreadableReply(endpoint, str(error)) from error


def _sku_ids(goods: Iterable[object]) -> Iterable[str]:
    for item in goods:
        yield from sku_ids_of(item)
