"""Products: pages of a search, single ones by id, and how a row becomes a `Product`."""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from worker.domain.errors import ItemGone, TooManyResults
from worker.domain.identity import Shop
from worker.domain.marketplace import Conversation
from worker.domain.pages import Page, PageRequest
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
from worker.marketplaces.tiktok_shop.paging import read_page

# A search ends after so many with error 12052180, however it is paged.
CAP = 10_000

STATUS: Mapping[str | None, ProductStatus] = MappingProxyType(
    {
        "INITIAL": ProductStatus.DRAFT,
        "DRAFT": ProductStatus.DRAFT,
        "PENDING": ProductStatus.PENDING,
        "FAILED": ProductStatus.FAILED,
        "ACTIVATE": ProductStatus.LIVE,
        "SELLER_DEACTIVATED": ProductStatus.INACTIVE,
        "PLATFORM_DEACTIVATED": ProductStatus.INACTIVE,
        "FREEZE": ProductStatus.FROZEN,
        "DELETED": ProductStatus.DELETED,
    }
)


def page(request: PageRequest) -> Conversation[Page]:
    """Read one page of the products that changed within the window.

    Raises:
        TooManyResults: the window holds more products than a search will ever show.
    """
    call = calls.search_products(request)
    payload = yield call
    with answer_of(call.endpoint):
        found = read_page(payload, "products", product)
    if request.cursor is None and (found.total or 0) > CAP:
        raise TooManyResults(
            call.endpoint, f"{found.total} products, a search shows at most {CAP}"
        )
    return found


def by_id(
    shop: Shop, product_ids: tuple[str, ...]
) -> Conversation[tuple[Product, ...]]:
    """Read these products; frozen and deleted ones are not given and so left out.

    A row that cannot be read fails, as left out means "gone".
    """
    found: list[Product] = []
    for product_id in dict.fromkeys(product_ids):
        call = calls.product(shop, product_id)
        try:
            payload = yield call
        except ItemGone:
            continue
        with answer_of(call.endpoint):
            found.append(product(payload))
    return tuple(found)


def product(given: object) -> Product:
    """Read one product, of the search or by id: what we need is the same in both.

    Raises:
        NotAsDocumented: a field that we need has no id, or another type.
    """
    row = as_row(given, "products")
    word = text(row, "status")
    status = STATUS.get(word, ProductStatus.UNKNOWN)
    updated_at = moment(row, "update_time")
    return Product(
        product_id=required_text(row, "id"),
        title=text(row, "title"),
        status=status,
        marketplace_status=word,
        created_at=moment(row, "create_time"),
        updated_at=updated_at,
        # The change to "deleted" is the last one a product has.
        deleted_at=updated_at if status is ProductStatus.DELETED else None,
        variants=tuple([_variant(sku) for sku in entries(row, "skus")]),
        raw=orjson.dumps(row),
    )


def _variant(row: Row) -> Variant:
    price = mapping(row, "price")
    # The price that buyers see: without tax for local sellers, the sale price for global
    # ones. A row does not say whose it is, but has the former for local sellers; `raw`
    # keeps both.
    shown = money(price, "tax_exclusive_price")
    stocks = [count(stock, "quantity") for stock in entries(row, "inventory")]
    known = [stock for stock in stocks if stock is not None]
    return Variant(
        sku_id=required_text(row, "id"),
        seller_sku=text(row, "seller_sku"),
        price=money(price, "sale_price") if shown is None else shown,
        currency=text(price, "currency"),
        stock=sum(known) if known else None,
    )
