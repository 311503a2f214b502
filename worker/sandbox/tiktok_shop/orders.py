"""Order search and order detail."""

import orjson

from worker.sandbox.tiktok_shop.endpoints import ShopCall
from worker.sandbox.tiktok_shop.filters import Filters, filters, page_size
from worker.sandbox.tiktok_shop.order_payload import order_payload
from worker.sandbox.tiktok_shop.page_tokens import order_offset, order_token
from worker.sandbox.tiktok_shop.verdicts import Refused, parameter
from worker.sandbox.world.ledger import Span
from worker.sandbox.world.records import Order
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import ORDER_WORDS

MAX_IDS = 50


def search_orders(call: ShopCall) -> object:
    """Answer one page; later bounds are exclusive (`_lt`), earlier ones inclusive (`_ge`)."""
    shop = call.shop
    shop.orders.catch_up(call.market.conditions.now())
    query = call.incoming.query
    size = page_size(call.incoming)
    sort_field = query.get("sort_field") or "create_time"
    sort_order = query.get("sort_order") or "DESC"
    if sort_field not in {"create_time", "update_time"}:
        raise Refused(parameter("sort_field", "create_time or update_time"))
    if sort_order not in {"ASC", "DESC"}:
        raise Refused(parameter("sort_order", "ASC or DESC"))
    wanted = filters(call.incoming)
    found = _found(shop, wanted, by_update=sort_field == "update_time")
    question = _question(wanted, sort_field, sort_order)
    sent = query.get("page_token")
    offset = order_offset(sent, question)
    page = found.page(offset, size, newest_first=sort_order == "DESC")
    following = ""
    if offset + size < len(found):
        following = order_token(offset + size, question)
        walk = (shop.shop_key, "orders")
        if sent and call.market.conditions.scenario.repeats_page_token(walk):
            following = sent
    answer: dict[str, object] = {
        "next_page_token": following,
        "total_count": len(found),
    }
    if page:
        answer["orders"] = [order_payload(shop, order) for order in page]
    return answer


def order_details(call: ShopCall) -> object:
    """Answer the orders of up to 50 ids; ids the shop does not have are left out."""
    shop = call.shop
    shop.orders.catch_up(call.market.conditions.now())
    ids = [text for text in call.incoming.query.get("ids", "").split(",") if text]
    if not 1 <= len(ids) <= MAX_IDS:
        raise Refused(parameter("ids", "1 to 50 order ids"))
    found = [order for order in map(shop.orders.get, ids) if order is not None]
    return {
        "orders": [order_payload(shop, order) | _DETAIL_ONLY for order in found],
    }


# What version 202507 adds.
_DETAIL_ONLY: dict[str, object] = {
    "payment_card_type": "",
    "payment_method_code": "CCDC",
    "payment_auth_code": "",
    "channel_entity_national_registry_id": "",
}


def _found(shop: Shop, wanted: Filters, *, by_update: bool) -> Span[Order]:
    created_ge = wanted.seconds("create_time_ge")
    created_lt = wanted.seconds("create_time_lt")
    updated_ge = wanted.seconds("update_time_ge")
    updated_lt = wanted.seconds("update_time_lt")
    status = wanted.text("order_status")
    if by_update:
        found = shop.orders.updated(updated_ge, updated_lt)
        filtered = created_ge is not None or created_lt is not None
    else:
        found = shop.orders.created(created_ge, created_lt)
        filtered = updated_ge is not None or updated_lt is not None
    if not filtered and status is None:
        return found
    words = ORDER_WORDS["tiktok_shop"]
    if status is not None and status not in words.values():
        raise Refused(parameter("order_status", "a documented status"))
    return found.where(
        lambda order: (
            _within(order.created_at, created_ge, created_lt)
            and _within(order.updated_at, updated_ge, updated_lt)
            and status in (None, words[order.state])
        )
    )


def _within(moment: int, since: int | None, before: int | None) -> bool:
    return (since is None or moment >= since) and (before is None or moment < before)


def _question(wanted: Filters, sort_field: str, sort_order: str) -> str:
    """Return what must stay the same from page to page."""
    body = orjson.dumps(dict(wanted.values), option=orjson.OPT_SORT_KEYS).decode()
    return f"{sort_field} {sort_order} {body}"
