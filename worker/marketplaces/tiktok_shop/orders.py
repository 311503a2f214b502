"""Orders: pages of a search, single ones by id, and how a row becomes an `Order`."""

from collections.abc import Mapping
from types import MappingProxyType

from worker.domain.errors import ItemGone
from worker.domain.identity import Shop
from worker.domain.marketplace import Conversation
from worker.domain.pages import Page, PageRequest
from worker.domain.records import Order, OrderLine, OrderStatus
from worker.marketplaces.tiktok_shop import calls, order_rows
from worker.marketplaces.tiktok_shop.fields import (
    Row,
    answer_of,
    as_row,
    entries,
    listing,
    mapping,
    moment,
    money,
    required_text,
    text,
)
from worker.marketplaces.tiktok_shop.paging import read_page

STATUS: Mapping[str | None, OrderStatus] = MappingProxyType(
    {
        "UNPAID": OrderStatus.PENDING,
        "ON_HOLD": OrderStatus.ON_HOLD,
        "AWAITING_SHIPMENT": OrderStatus.TO_SHIP,
        # Packed, the carrier has not come yet.
        "AWAITING_COLLECTION": OrderStatus.TO_SHIP,
        "PARTIALLY_SHIPPING": OrderStatus.PARTIALLY_SHIPPED,
        "IN_TRANSIT": OrderStatus.SHIPPED,
        "DELIVERED": OrderStatus.DELIVERED,
        "COMPLETED": OrderStatus.COMPLETED,
        "CANCELLED": OrderStatus.CANCELLED,
    }
)


def page(request: PageRequest) -> Conversation[Page]:
    """Read one page of the orders that changed within the window."""
    call = calls.search_orders(request)
    payload = yield call
    with answer_of(call.endpoint):
        return read_page(payload, order_rows.NAME, order)


def by_id(shop: Shop, order_ids: tuple[str, ...]) -> Conversation[tuple[Order, ...]]:
    """Read these orders; a row that cannot be read fails, as left out means "gone"."""
    found: list[Order] = []
    wanted = tuple(dict.fromkeys(order_ids))
    for first in range(0, len(wanted), calls.ORDERS_PER_CALL):
        batch = wanted[first : first + calls.ORDERS_PER_CALL]
        found += yield from _batch(shop, batch)
    return tuple(found)


def _batch(shop: Shop, order_ids: tuple[str, ...]) -> Conversation[list[Order]]:
    """Read what one call can; one foreign id may refuse all of them, so halve and go on."""
    call = calls.orders(shop, order_ids)
    try:
        payload = yield call
    except ItemGone:
        half = len(order_ids) // 2
        if not half:
            return []
        left = yield from _batch(shop, order_ids[:half])
        return left + (yield from _batch(shop, order_ids[half:]))
    with answer_of(call.endpoint):
        return [order(row) for row in listing(as_row(payload, "data"), order_rows.NAME)]


def order(given: object) -> Order:
    """Read one order, of the search or by id: the rows are the same.

    Raises:
        NotAsDocumented: a field that we need has no id, or another type.
    """
    row, raw = order_rows.opened(given)
    payment = mapping(row, "payment")
    status = text(row, "status")
    return Order(
        order_id=required_text(row, "id"),
        status=STATUS.get(status, OrderStatus.UNKNOWN),
        marketplace_status=status,
        currency=text(payment, "currency"),
        total_amount=money(payment, "total_amount"),
        created_at=moment(row, "create_time"),
        updated_at=moment(row, "update_time"),
        paid_at=moment(row, "paid_time"),
        buyer_note=text(row, "buyer_message"),
        lines=tuple([_line(line) for line in entries(row, "line_items")]),
        raw=raw,
    )


def _line(row: Row) -> OrderLine:
    return OrderLine(
        line_id=required_text(row, "id"),
        product_id=text(row, "product_id"),
        sku_id=text(row, "sku_id"),
        seller_sku=text(row, "seller_sku"),
        title=text(row, "product_name"),
        # There is an entry per unit and no field for a quantity.
        quantity=1,
        unit_price=money(row, "sale_price"),
        currency=text(row, "currency"),
    )
