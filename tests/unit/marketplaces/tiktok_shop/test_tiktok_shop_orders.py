"""Orders: what is asked for, and how rows are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from worker.domain.calls import Call
from worker.domain.errors import ItemGone, UnreadableReply
from worker.domain.identity import Shop
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Order, OrderLine, OrderStatus, Stream
from worker.marketplaces.tiktok_shop import orders

Converse = Callable[..., Any]
Sample = Callable[[str], Any]
WINDOW = Window(
    start=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    end=datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC),
)


@pytest.fixture
def request_(shop: Shop) -> PageRequest:
    """The first page of an hour."""
    return PageRequest(stream=Stream.ORDERS, shop=shop, window=WINDOW)


@pytest.fixture
def row(sample: Sample) -> dict[str, Any]:
    """The documentation's own order."""
    found: dict[str, Any] = sample("orders_search.json")["data"]["orders"][0]
    return found


def test_asks_for_the_window_with_both_ends(
    request_: PageRequest, converse: Converse
) -> None:
    """The filter's upper end is exclusive, our window's is not."""
    _, asked = converse(orders.page(request_), {})

    assert asked == [
        Call(
            endpoint="/order/202309/orders/search",
            method="POST",
            query={
                "shop_cipher": "GCP_XF90igAAAABh00qs",
                "page_size": "100",
                "sort_field": "update_time",
                "sort_order": "ASC",
            },
            body={"update_time_ge": 1_700_000_000, "update_time_lt": 1_700_003_601},
            shop_id="7000714532876273420",
        )
    ]


def test_a_window_without_a_start_has_no_lower_bound(
    request_: PageRequest, converse: Converse
) -> None:
    """From the shop's first day; the body is never empty."""
    window = Window(start=None, end=WINDOW.end)
    _, asked = converse(orders.page(replace(request_, window=window)), {})

    assert asked[0].body == {"update_time_lt": 1_700_003_601}


def test_the_cursor_goes_back_as_it_came(
    request_: PageRequest, converse: Converse
) -> None:
    """Page tokens are opaque."""
    _, asked = converse(orders.page(replace(request_, cursor="a+b/c==")), {})

    assert asked[0].query["page_token"] == "a+b/c=="


def test_a_shop_without_a_cipher_sends_none(
    request_: PageRequest, converse: Converse
) -> None:
    """Old texts allow it for local shops."""
    local = replace(request_.shop, cipher=None)
    _, asked = converse(orders.page(replace(request_, shop=local)), {})

    assert "shop_cipher" not in asked[0].query


def test_reads_the_documented_page(
    request_: PageRequest, sample: Sample, row: dict[str, Any], converse: Converse
) -> None:
    """The documentation's own example, field by field."""
    page, _ = converse(orders.page(request_), sample("orders_search.json")["data"])

    assert page.next_cursor == sample("orders_search.json")["data"]["next_page_token"]
    assert page.total == 22113
    assert page.unreadable == ()
    assert page.records == (
        Order(
            order_id="576461413038785752",
            status=OrderStatus.TO_SHIP,
            marketplace_status="AWAITING_SHIPMENT",
            currency="IDR",
            total_amount=Decimal(5000),
            created_at=datetime(2021, 4, 28, 12, 6, 1, tzinfo=UTC),
            updated_at=datetime(2021, 4, 28, 14, 49, 15, tzinfo=UTC),
            paid_at=datetime(2021, 4, 28, 12, 6, 3, tzinfo=UTC),
            buyer_note="Please ship asap!",
            lines=(
                OrderLine(
                    line_id="577086512123755123",
                    product_id="1729582718312380123",
                    sku_id="2729382476852921560",
                    seller_sku="red_iphone_256",
                    title="Women's Winter Crochet Clothes",
                    quantity=1,
                    unit_price=Decimal("0.01"),
                    currency="IDR",
                ),
            ),
            raw=b"",
        ),
    )
    assert orjson.loads(page.records[0].raw) == row


@pytest.mark.parametrize(
    "end", [{"next_page_token": ""}, {"next_page_token": None}, {}], ids=repr
)
def test_the_last_page_has_no_next_one(
    end: dict[str, object], request_: PageRequest, converse: Converse
) -> None:
    """An empty token and a missing one both end the walk, whatever the list says."""
    page, _ = converse(orders.page(request_), end)

    assert (page.records, page.next_cursor, page.total) == ((), None, None)


@pytest.mark.parametrize("payload", [{"orders": None}, {"orders": []}], ids=repr)
def test_a_page_may_be_empty(
    payload: object, request_: PageRequest, converse: Converse
) -> None:
    """No rows are no error."""
    page, _ = converse(orders.page(request_), payload)

    assert page.records == ()


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {"orders": {}},
        {"orders": "none"},
        {"orders": [], "next_page_token": ["x"]},
        {"orders": [], "total_count": "many"},
    ],
    ids=repr,
)
def test_a_page_of_another_shape_is_unreadable(
    payload: object, request_: PageRequest, converse: Converse
) -> None:
    """It must not pass for an empty one."""
    with pytest.raises(UnreadableReply):
        converse(orders.page(request_), payload)


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"id": None}, "id is missing"),
    ({"id": ""}, "id is missing"),
    ({"id": 1.5}, "id is not a text"),
    ({"status": ["UNPAID"]}, "status is not a text"),
    ({"create_time": "yesterday"}, "create_time is not a time"),
    ({"update_time": 10**11 * 9}, "update_time is not a time"),
    ({"update_time": 10**18}, "update_time is not a time"),
    ({"update_time": "9" * 5000}, "update_time is not a time"),
    ({"paid_time": True}, "paid_time is not a time"),
    ({"payment": []}, "payment is not an object"),
    ({"payment": {"total_amount": "much"}}, "total_amount is not an amount"),
    ({"payment": {"total_amount": "NaN"}}, "total_amount is not an amount"),
    ({"payment": {"total_amount": "Infinity"}}, "total_amount is not an amount"),
    ({"payment": {"total_amount": "1e999999"}}, "total_amount is not an amount"),
    ({"payment": {"total_amount": True}}, "total_amount is not an amount"),
    ({"line_items": {}}, "line_items is not a list"),
    ({"line_items": [None]}, "line_items is not an object"),
    ({"line_items": [{"sku_id": "1"}]}, "id is missing"),
]


@pytest.mark.parametrize(("change", "reason"), BAD_FIELDS)
def test_a_row_that_cannot_be_understood_is_kept_and_the_page_goes_on(
    change: dict[str, Any],
    reason: str,
    row: dict[str, Any],
    request_: PageRequest,
    converse: Converse,
) -> None:
    """One strange order costs nobody the other 99."""
    bad = row | change
    page, _ = converse(orders.page(request_), {"orders": [bad, row]})

    assert [record.order_id for record in page.records] == [row["id"]]
    assert [kept.reason for kept in page.unreadable] == [reason]
    assert orjson.loads(page.unreadable[0].raw) == bad


@pytest.mark.parametrize(
    ("bad", "record_id"),
    [({"id": "7"}, "7"), ({"id": 7}, "7"), ({"id": None}, None), (None, None)],
    ids=repr,
)
def test_a_kept_row_has_its_id_if_there_is_one(
    bad: dict[str, Any] | None,
    record_id: str | None,
    request_: PageRequest,
    converse: Converse,
) -> None:
    """So it can be asked for again."""
    broken = bad | {"status": []} if bad else bad
    page, _ = converse(orders.page(request_), {"orders": [broken]})

    assert page.unreadable[0].record_id == record_id


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("UNPAID", OrderStatus.PENDING),
        ("ON_HOLD", OrderStatus.ON_HOLD),
        ("AWAITING_SHIPMENT", OrderStatus.TO_SHIP),
        ("AWAITING_COLLECTION", OrderStatus.TO_SHIP),
        ("PARTIALLY_SHIPPING", OrderStatus.PARTIALLY_SHIPPED),
        ("IN_TRANSIT", OrderStatus.SHIPPED),
        ("DELIVERED", OrderStatus.DELIVERED),
        ("COMPLETED", OrderStatus.COMPLETED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("TELEPORTED", OrderStatus.UNKNOWN),
    ],
)
def test_every_status_has_its_word(
    word: str, status: OrderStatus, row: dict[str, Any]
) -> None:
    """A new one is unknown, and kept as the marketplace calls it."""
    order = orders.order(row | {"status": word})

    assert (order.status, order.marketplace_status) == (status, word)


def test_an_order_may_be_nothing_but_an_id() -> None:
    """Every field is optional in the documentation; nothing is guessed."""
    assert orders.order({"id": "1"}) == Order(
        order_id="1",
        status=OrderStatus.UNKNOWN,
        marketplace_status=None,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=None,
        paid_at=None,
        buyer_note=None,
        lines=(),
        raw=b"",
    )


def test_empty_texts_and_zero_times_count_as_not_given(row: dict[str, Any]) -> None:
    """An unpaid order has a payment time of 0."""
    order = orders.order(row | {"buyer_message": "", "paid_time": 0})

    assert (order.buyer_note, order.paid_at) == (None, None)


@pytest.mark.parametrize("given", [576461413038785752, "576461413038785752"], ids=repr)
def test_an_id_may_come_as_a_number(given: object, row: dict[str, Any]) -> None:
    """All its digits are kept."""
    assert orders.order(row | {"id": given}).order_id == "576461413038785752"


def test_each_unit_is_a_line(row: dict[str, Any]) -> None:
    """Two pieces of one SKU are two entries with an id each."""
    item = row["line_items"][0]
    order = orders.order(row | {"line_items": [item | {"id": "1"}, item | {"id": "2"}]})

    assert [(line.line_id, line.quantity) for line in order.lines] == [
        ("1", 1),
        ("2", 1),
    ]


def test_asks_for_orders_by_id_fifty_at_a_time(
    shop: Shop, row: dict[str, Any], converse: Converse
) -> None:
    """Each id once, in one text with commas."""
    ids = tuple(str(number) for number in range(120))
    answers = [
        {"orders": [row | {"id": number} for number in ids[first : first + 50]]}
        for first in (0, 50, 100)
    ]
    found, asked = converse(orders.by_id(shop, ids + ids[:7]), *answers)

    assert [order.order_id for order in found] == list(ids)
    assert [call.query["ids"].count(",") + 1 for call in asked] == [50, 50, 20]
    assert asked[0] == Call(
        endpoint="/order/202507/orders",
        method="GET",
        query={"shop_cipher": "GCP_XF90igAAAABh00qs", "ids": ",".join(ids[:50])},
        shop_id="7000714532876273420",
    )


def test_no_ids_are_no_call(shop: Shop, converse: Converse) -> None:
    """Nothing asked, nothing found."""
    assert converse(orders.by_id(shop, ())) == ((), [])


def test_orders_that_are_not_given_are_left_out(
    shop: Shop, row: dict[str, Any], converse: Converse
) -> None:
    """The server may skip what it does not know."""
    found, _ = converse(orders.by_id(shop, ("1", "2")), {"orders": [row | {"id": "2"}]})

    assert [order.order_id for order in found] == ["2"]


def test_one_foreign_id_does_not_hide_the_others(
    shop: Shop, row: dict[str, Any], converse: Converse
) -> None:
    """The server may refuse the whole call for it, so the call is halved."""
    gone = ItemGone("/order/202507/orders", "not this seller's")
    found, asked = converse(
        orders.by_id(shop, ("1", "2", "3")),
        gone,
        {"orders": [row | {"id": "1"}]},
        gone,
        gone,
        {"orders": [row | {"id": "3"}]},
    )

    assert [order.order_id for order in found] == ["1", "3"]
    assert [call.query["ids"] for call in asked] == ["1,2,3", "1", "2,3", "2", "3"]


def test_an_order_by_id_that_cannot_be_read_is_not_left_out(
    shop: Shop, converse: Converse
) -> None:
    """Left out would mean that it does not exist."""
    with pytest.raises(UnreadableReply, match="id is missing"):
        converse(orders.by_id(shop, ("1",)), {"orders": [{"status": "UNPAID"}]})
