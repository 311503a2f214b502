"""Product search and product detail, today's and the one before 202309."""

from worker.sandbox.tiktok_shop import verdicts
from worker.sandbox.tiktok_shop.endpoints import ShopCall
from worker.sandbox.tiktok_shop.filters import Filters, filters, page_size
from worker.sandbox.tiktok_shop.page_tokens import product_offset, product_token
from worker.sandbox.tiktok_shop.product_payload import (
    detail_payload,
    legacy_payload,
    search_payload,
)
from worker.sandbox.tiktok_shop.verdicts import Refused, parameter
from worker.sandbox.world.ledger import Span
from worker.sandbox.world.records import Product
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import PRODUCT_WORDS, ProductState

# The detail call does not know these, the documentation says.
_HIDDEN = frozenset({ProductState.FROZEN, ProductState.DELETED})
_MAX_FILTER_IDS = 10


def search_products(call: ShopCall) -> object:
    """Answer one page, newest product first; both time bounds are inclusive (`_le`)."""
    shop = call.shop
    shop.products.catch_up(call.market.conditions.now())
    size = page_size(call.incoming)
    found = _found(shop, filters(call.incoming))
    if len(found) > call.market.product_search_cap:
        raise Refused(verdicts.TOO_MANY_PRODUCTS)
    sent = call.incoming.query.get("page_token")
    offset = product_offset(sent)
    page = found.page(offset, size, newest_first=True)
    answer: dict[str, object] = {
        "total_count": len(found),
        "products": [search_payload(shop, product) for product in page],
    }
    if offset + size < len(found):
        walk = (shop.shop_key, "products")
        loops = sent and call.market.conditions.scenario.repeats_page_token(walk)
        answer["next_page_token"] = sent if loops else product_token(offset + size)
    return answer


def product_detail(call: ShopCall) -> object:
    """Answer the product whose id ends the path."""
    shop = call.shop
    product_id = call.incoming.path.rpartition("/")[2]
    return detail_payload(shop, _product(call, shop, product_id))


def legacy_product_detail(call: ShopCall) -> object:
    """Answer the product named in the query."""
    shop = call.shop
    product_id = call.incoming.query.get("product_id", "")
    return legacy_payload(shop, _product(call, shop, product_id))


def _product(call: ShopCall, shop: Shop, product_id: str) -> Product:
    shop.products.catch_up(call.market.conditions.now())
    product = shop.products.get(product_id)
    if product is None or product.state in _HIDDEN:
        raise Refused(verdicts.PRODUCT_UNKNOWN)
    return product


def _found(shop: Shop, wanted: Filters) -> Span[Product]:
    created = (wanted.seconds("create_time_ge"), wanted.seconds("create_time_le"))
    updated = (wanted.seconds("update_time_ge"), wanted.seconds("update_time_le"))
    status = wanted.text("status") or "ALL"
    seller_skus = wanted.texts("seller_skus")
    sku_ids = wanted.texts("sku_ids")
    words = PRODUCT_WORDS["tiktok_shop"]
    if status not in {"ALL", *words.values()}:
        raise Refused(parameter("status", "a documented status"))
    if len(seller_skus) > _MAX_FILTER_IDS:
        raise Refused(verdicts.TOO_MANY_SELLER_SKUS)
    if len(sku_ids) > _MAX_FILTER_IDS:
        raise Refused(verdicts.TOO_MANY_SKU_IDS)
    found = shop.products.created(created[0], _exclusive(created[1]))
    if updated == (None, None) and status == "ALL" and not (seller_skus or sku_ids):
        return found
    return found.where(
        lambda product: (
            (updated[0] is None or product.updated_at >= updated[0])
            and (updated[1] is None or product.updated_at <= updated[1])
            and status in {"ALL", words[product.state]}
            and _has_variant(product, seller_skus, sku_ids)
        )
    )


def _exclusive(inclusive: int | None) -> int | None:
    return None if inclusive is None else inclusive + 1


def _has_variant(
    product: Product, seller_skus: frozenset[str], sku_ids: frozenset[str]
) -> bool:
    return any(
        (not seller_skus or variant.seller_sku in seller_skus)
        and (not sku_ids or variant.sku_id in sku_ids)
        for variant in product.variants
    )
