"""Orders as the bytes that they came in, of which only the fields that we use are read.

Of an order's 7 KB we use a tenth. Reading all of it into Python objects and writing these
as JSON again would take more of a pull's CPU time than anything else.
"""

from typing import Any, TypedDict

import msgspec
import orjson
from msgspec import Raw

from worker.domain.json_text import read_json
from worker.marketplaces.tiktok_shop import calls
from worker.marketplaces.tiktok_shop.fields import Row, as_row

# The `data` of their answers has the orders in a list of this name.
ENDPOINTS = frozenset({calls.SEARCH_ORDERS, calls.ORDERS})
NAME = "orders"


# What stands in a field is judged later, by `fields`, which says what is wrong with it.
class _Payment(TypedDict, total=False):
    currency: Any
    total_amount: Any


class _Line(TypedDict, total=False):
    id: Any
    product_id: Any
    sku_id: Any
    seller_sku: Any
    product_name: Any
    sale_price: Any
    currency: Any


class _Order(TypedDict, total=False):
    id: Any
    status: Any
    create_time: Any
    update_time: Any
    paid_time: Any
    buyer_message: Any
    payment: _Payment
    line_items: list[_Line]


class _Data(TypedDict, total=False):
    orders: list[Raw]
    next_page_token: Any
    total_count: Any


class _Envelope(msgspec.Struct):
    code: Any = None
    data: _Data | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ORDER = msgspec.json.Decoder(_Order)
# Of bytes that are not JSON, of other shapes, of half an emoji, of thousands of brackets.
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def data_of(body: bytes) -> dict[str, object] | None:
    """Return the `data` of a success, its orders unread; None: read it in another way."""
    try:
        envelope = _ENVELOPE.decode(body)
    except _REFUSALS:
        return None
    code, data = envelope.code, envelope.data
    if type(code) is int and code == 0 and data is not None and NAME in data:
        return dict(data)
    return None


def opened(row: object) -> tuple[Row, bytes]:
    """Return the fields of an order, at least those that we use, and its payload.

    Raises:
        NotAsDocumented: it is no object.
    """
    if isinstance(row, Raw):
        try:
            return dict(_ORDER.decode(row)), bytes(row)
        except _REFUSALS:
            row = whole(row)
    fields = as_row(row, NAME)
    return fields, orjson.dumps(fields)


def whole(row: object) -> object:
    """Return all of a row, for those who ask what is wrong with it."""
    return read_json(bytes(row)) if isinstance(row, Raw) else row
