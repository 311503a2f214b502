"""What we ask of Temu: one function per `type`, in Temu's own parameter names.

Unknown parameters are ignored without an error, so a name spelled wrongly here returns
unfiltered data: https://partner.temu.com/documentation
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from worker.domain.calls import Call
from worker.domain.pages import Window

# The most that any of these lists gives at once, and the most ids that one accepts.
PAGE_SIZE = 100

# Both ends of a time range are required. Temu opened to sellers in September 2022.
FIRST_MOMENT = datetime(2022, 1, 1, tzinfo=UTC)


class Type(StrEnum):
    """The `type` values that we send."""

    EXCHANGE = "bg.open.accesstoken.create"
    INSPECT = "bg.open.accesstoken.info.get"
    ORDER_LIST = "bg.order.list.v2.get"
    ORDER_DETAIL = "bg.order.detail.v2.get"
    GOODS_LIST = "temu.local.goods.list.retrieve"
    SKU_LIST = "bg.local.goods.sku.list.query"


class Sale(IntEnum):
    """`skuSearchType`: one call covers only one of the two."""

    AVAILABLE = 2
    NOT_AVAILABLE = 3


def in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut ids into pieces that one call accepts."""
    for first in range(0, len(ids), PAGE_SIZE):
        yield ids[first : first + PAGE_SIZE]


def exchange() -> Call:
    """Exchange the code of the credentials, which works once and for 10 minutes."""
    return Call(endpoint=Type.EXCHANGE, body={}, repeatable=False)


def inspect() -> Call:
    """Read what the access token may do and until when."""
    return Call(endpoint=Type.INSPECT, body={})


def order_list(window: Window, *, page_number: int) -> Call:
    """Read a page of the orders that changed in a closed window, newest change first."""
    start = int((window.start or FIRST_MOMENT).timestamp())
    # An end that is not greater than the start is refused (140020012).
    end = max(int(window.end.timestamp()), start + 1)
    return Call(
        endpoint=Type.ORDER_LIST,
        body={
            "pageNumber": page_number,
            "pageSize": PAGE_SIZE,
            "updateAtStart": start,
            "updateAtEnd": end,
            "sortby": "updateTime",
        },
    )


def order_detail(order_id: str) -> Call:
    """Read one order by its parent number (`PO-…`)."""
    return Call(endpoint=Type.ORDER_DETAIL, body={"parentOrderSn": order_id})


def goods_list(section: str, *, page_token: str | None) -> Call:
    """Read a page of one bucket of goods."""
    return Call(
        endpoint=Type.GOODS_LIST,
        body={
            "goodsSearchType": section,
            "pageSize": PAGE_SIZE,
            "pageToken": page_token,
        },
    )


def goods_of(section: str, goods_ids: Sequence[str]) -> Call:
    """Read at most `PAGE_SIZE` goods by id, those of them that are in one bucket."""
    return Call(
        endpoint=Type.GOODS_LIST,
        body={
            "goodsSearchType": section,
            "goodsIdList": list(goods_ids),
            "pageSize": PAGE_SIZE,
        },
    )


def sku_list(sku_ids: Sequence[str], *, sale: Sale) -> Call:
    """Read price and stock of at most `PAGE_SIZE` SKUs, those of them in one state."""
    return Call(
        endpoint=Type.SKU_LIST,
        body={
            "pageNo": 1,
            "pageSize": PAGE_SIZE,
            "skuSearchType": int(sale),
            # Numbers here, although the same ids are texts elsewhere.
            "skuIdList": [int(sku_id) for sku_id in sku_ids],
        },
    )
