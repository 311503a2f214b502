"""Read one order as Temu writes it: a parent order and its sub orders.

Neither the list nor the detail has amounts (they need a permission that Temu gives to
each shop by hand), the time of payment or a note of the buyer.
"""

from types import MappingProxyType

import orjson

from worker.domain.records import Order, OrderLine, OrderStatus
from worker.marketplaces.temu.fields import (
    NotUnderstood,
    Row,
    moment,
    required,
    row,
    rows,
    text,
    whole,
)

# 41 and 51 exist for local shops only.
STATUSES = MappingProxyType(
    {
        1: ("PENDING", OrderStatus.PENDING),
        2: ("UN_SHIPPING", OrderStatus.TO_SHIP),
        3: ("CANCELED", OrderStatus.CANCELLED),
        4: ("SHIPPED", OrderStatus.SHIPPED),
        41: ("PARTIALLY_SHIPPED", OrderStatus.PARTIALLY_SHIPPED),
        5: ("DELIVERED", OrderStatus.DELIVERED),
        51: ("PARTIALLY_DELIVERED", OrderStatus.SHIPPED),
    }
)


def read_order(payload: object) -> Order:
    """Return one element of a list's `pageItems`, or one detail, as an order.

    Raises:
        NotUnderstood: a field is not what Temu documents.
    """
    item = row(payload, "order")
    parent = row(item.get("parentOrderMap"), "parentOrderMap")
    marketplace_status, status = _status(whole(parent, "parentOrderStatus"))
    return Order(
        order_id=required(parent, "parentOrderSn"),
        status=status,
        marketplace_status=marketplace_status,
        currency=None,
        total_amount=None,
        created_at=moment(parent, "parentOrderTime"),
        # The detail does not have it.
        updated_at=moment(parent, "updateTime"),
        paid_at=None,
        buyer_note=None,
        lines=tuple(_line(row(line, "sub order")) for line in rows(item, "orderList")),
        raw=orjson.dumps(item),
    )


def order_id_of(payload: object) -> str | None:
    """Return the id of an order that may not be understood otherwise."""
    try:
        item = row(payload, "order")
        return text(row(item.get("parentOrderMap"), "parentOrderMap"), "parentOrderSn")
    except NotUnderstood:
        return None


def _status(number: int | None) -> tuple[str | None, OrderStatus]:
    if number is None:
        return None, OrderStatus.UNKNOWN
    return STATUSES.get(number, (str(number), OrderStatus.UNKNOWN))


def _line(line: Row) -> OrderLine:
    return OrderLine(
        line_id=required(line, "orderSn"),
        product_id=text(line, "goodsId"),
        sku_id=text(line, "skuId"),
        seller_sku=_seller_sku(line),
        title=text(line, "goodsName"),
        quantity=_quantity(line),
        unit_price=None,
        currency=None,
    )


def _quantity(line: Row) -> int | None:
    """Return what is still to be delivered of a line."""
    quantity = whole(line, "quantity")
    if quantity is not None:
        return quantity
    ordered = whole(line, "originalOrderQuantity")
    if ordered is None:
        return None
    return ordered - (whole(line, "canceledQuantityBeforeShipment") or 0)


def _seller_sku(line: Row) -> str | None:
    # One line can stand for several products of a bundle; the first with a code names it.
    codes = (
        text(row(made_of, "product"), "extCode")
        for made_of in rows(line, "productList")
    )
    return next((code for code in codes if code), None)
