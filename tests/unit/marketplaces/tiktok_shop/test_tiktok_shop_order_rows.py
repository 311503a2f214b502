"""Orders read from their bytes are the orders that a whole reading finds."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.calls import Call, HttpReply
from worker.domain.identity import Shop
from worker.domain.pages import Page, PageRequest, Window
from worker.domain.records import Stream
from worker.marketplaces.tiktok_shop import MARKETPLACE

_REQUEST = PageRequest(
    stream=Stream.ORDERS,
    shop=Shop(marketplace="tiktok_shop", zone="default", shop_id="1"),
    window=Window(None, datetime(2026, 11, 22, tzinfo=UTC)),
)

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=5)
)
_LINES = st.dictionaries(
    st.sampled_from(["id", "sku_id", "sale_price", "currency", "gift"]), _SCALARS
)
_ROWS = st.one_of(
    _SCALARS,
    st.fixed_dictionaries(
        {"id": st.text("0123456789", min_size=1)},
        optional={
            "status": _SCALARS,
            "update_time": _SCALARS,
            "payment": st.one_of(_SCALARS, st.dictionaries(st.text(), _SCALARS)),
            "line_items": st.one_of(_SCALARS, st.lists(st.one_of(_SCALARS, _LINES))),
            "unknown": st.recursive(_SCALARS, st.lists, max_leaves=4),
        },
    ),
)


def _read(body: bytes) -> Page:
    conversation = MARKETPLACE.page(_REQUEST)
    call: Call = next(conversation)
    reply = HttpReply(status=200, headers={}, body=body)
    try:
        conversation.send(MARKETPLACE.read(call, reply))
    except StopIteration as finished:
        page: Page = finished.value
        return page
    raise AssertionError("a page of orders takes one call")


def _body(orders: bytes) -> bytes:
    return b'{"code":0,"data":{"total_count":1,"orders":[%b]}}' % orders


def _slowly(body: bytes) -> Page:
    """Read the same, with the envelope that makes the whole of it be read."""
    return _read(body.replace(b'"code":0', b'"code":"0"', 1))


@given(st.lists(_ROWS, max_size=4))
def test_the_orders_are_those_of_a_whole_reading(rows):
    """Rows of any shape: the same records, payloads and reasons."""
    body = _body(b",".join(orjson.dumps(row) for row in rows))

    page, whole = _read(body), _slowly(body)

    assert page == whole
    assert [order.raw for order in page.records] == [
        order.raw for order in whole.records
    ]
    assert [row.raw for row in page.unreadable] == [row.raw for row in whole.unreadable]


def test_a_payload_is_kept_as_it_came():
    """Blanks, unused fields and the notation of numbers stay."""
    order = b'{ "id": "1", "weight": 1.50, "note": "\\u00e9" }'

    (record,) = _read(_body(order)).records

    assert record.raw == order


@pytest.mark.parametrize(
    "text",
    [b'"cut \\ud83d"', b'"\\ud83d"', b"[" * 900 + b"]" * 900],
    ids=["half an emoji", "nothing but half an emoji", "many brackets"],
)
def test_a_strange_field_spoils_nothing(text):
    """What the fast reading refuses is read as a whole."""
    body = _body(b'{"id":"1","seller_note":%b},{"id":"2"}' % text)

    assert [order.record_id for order in _read(body).records] == ["1", "2"]


def test_bytes_that_are_no_text_are_kept_out_of_what_we_use():
    """They stay in the payload of an order whose fields can be read."""
    page = _read(_body(b'{"id":"1","seller_note":"\xff"}'))

    assert [order.record_id for order in page.records] == ["1"]
