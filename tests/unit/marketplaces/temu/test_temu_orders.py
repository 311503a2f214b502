"""Orders: rows, pages and single orders."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.domain.calls import Call, HttpReply
from worker.domain.errors import ItemGone, TooManyResults, UnreadableReply
from worker.domain.identity import Shop
from worker.domain.pages import Page, PageRequest, Window
from worker.domain.records import Order, OrderLine, OrderStatus, Stream
from worker.marketplaces.temu import MARKETPLACE

Sample = Callable[[str], Any]
Converse = Callable[..., tuple[Any, list[Call]]]
ReadRow = Callable[[dict[str, Any]], Page]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = Window(NOON - timedelta(hours=1), NOON)


def asking(shop: Shop, *, window: Window = HOUR, cursor: str | None = None) -> Any:
    """Ask for a page of orders."""
    return MARKETPLACE.page(
        PageRequest(stream=Stream.ORDERS, shop=shop, window=window, cursor=cursor)
    )


@pytest.fixture
def item(sample: Sample) -> dict[str, Any]:
    """One row of a list."""
    row: dict[str, Any] = sample("order_list")["pageItems"][0]
    return row


@pytest.fixture
def read_row(shop: Shop, converse: Converse) -> ReadRow:
    """Read a page of one row."""

    def read(row: dict[str, Any]) -> Page:
        page, _ = converse(asking(shop), {"totalItemNum": 1, "pageItems": [row]})
        assert isinstance(page, Page)
        return page

    return read


def test_reads_an_order(item: dict[str, Any], read_row: ReadRow) -> None:
    """Ids are texts, times are UTC, and amounts that Temu does not give are null."""
    order = Order(
        order_id="PO-029-06682144932470001",
        status=OrderStatus.TO_SHIP,
        marketplace_status="UN_SHIPPING",
        currency=None,
        total_amount=None,
        created_at=datetime(2025, 8, 10, 2, 32, 43, tzinfo=UTC),
        updated_at=datetime(2025, 8, 10, 2, 48, 43, tzinfo=UTC),
        paid_at=None,
        buyer_note=None,
        lines=(
            OrderLine(
                line_id="029-06682165903990001",
                product_id="604422071500001",
                sku_id="78037408330001",
                seller_sku=None,
                title="Packaging Tape 72pcs. Baxi",
                quantity=1,
                unit_price=None,
                currency=None,
            ),
        ),
        raw=b"",
    )

    page = read_row(item)

    assert (order,) == page.records
    assert item == json.loads(page.records[0].raw)


@pytest.mark.parametrize(
    ("number", "name", "status"),
    [
        (1, "PENDING", OrderStatus.PENDING),
        (2, "UN_SHIPPING", OrderStatus.TO_SHIP),
        (3, "CANCELED", OrderStatus.CANCELLED),
        (4, "SHIPPED", OrderStatus.SHIPPED),
        (41, "PARTIALLY_SHIPPED", OrderStatus.PARTIALLY_SHIPPED),
        (5, "DELIVERED", OrderStatus.DELIVERED),
        (51, "PARTIALLY_DELIVERED", OrderStatus.SHIPPED),
        (7, "7", OrderStatus.UNKNOWN),
        pytest.param("4", "SHIPPED", OrderStatus.SHIPPED, id="digits"),
        (None, None, OrderStatus.UNKNOWN),
    ],
)
def test_translates_the_status(
    number: object,
    name: str | None,
    status: OrderStatus,
    item: dict[str, Any],
    read_row: ReadRow,
) -> None:
    """Each documented number has its word; others are unknown, not guessed."""
    item["parentOrderMap"]["parentOrderStatus"] = number

    (order,) = read_row(item).records

    assert isinstance(order, Order)
    assert (name, status) == (order.marketplace_status, order.status)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (1754793163, datetime(2025, 8, 10, 2, 32, 43, tzinfo=UTC)),
        ("1754793163", datetime(2025, 8, 10, 2, 32, 43, tzinfo=UTC)),
        (1754793163500, datetime(2025, 8, 10, 2, 32, 43, 500000, tzinfo=UTC)),
        ("1754793163500", datetime(2025, 8, 10, 2, 32, 43, 500000, tzinfo=UTC)),
        (0, None),
        ("0", None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_reads_seconds_and_milliseconds(
    written: object, meant: datetime | None, item: dict[str, Any], read_row: ReadRow
) -> None:
    """Temu mixes the two, and 0 means none."""
    item["parentOrderMap"]["parentOrderTime"] = written

    (order,) = read_row(item).records

    assert isinstance(order, Order)
    assert meant == order.created_at


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ({"quantity": 2, "originalOrderQuantity": 5}, 2),
        ({"quantity": 0, "originalOrderQuantity": 5}, 0),
        ({"originalOrderQuantity": 5, "canceledQuantityBeforeShipment": 2}, 3),
        ({"quantity": None, "originalOrderQuantity": 5}, 5),
        ({"canceledQuantityBeforeShipment": 2}, None),
    ],
)
def test_counts_what_is_still_to_be_delivered(
    line: dict[str, object],
    quantity: int | None,
    item: dict[str, Any],
    read_row: ReadRow,
) -> None:
    """Without a quantity it is what was ordered less what was cancelled."""
    item["orderList"] = [{"orderSn": "029-1", **line}]

    (order,) = read_row(item).records

    assert isinstance(order, Order)
    assert quantity == order.lines[0].quantity


@pytest.mark.parametrize(
    ("products", "seller_sku"),
    [
        (None, None),
        ([], None),
        ([{"extCode": ""}, {"extCode": None}, {}], None),
        ([{"extCode": ""}, {"extCode": "SKU-1"}, {"extCode": "SKU-2"}], "SKU-1"),
    ],
)
def test_the_first_code_of_the_seller_names_a_line(
    products: object, seller_sku: str | None, item: dict[str, Any], read_row: ReadRow
) -> None:
    """An empty code counts as not given."""
    item["orderList"][0]["productList"] = products

    (order,) = read_row(item).records

    assert isinstance(order, Order)
    assert seller_sku == order.lines[0].seller_sku


def without(row: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """Return a row without one of its fields."""
    changed: Any = copy.deepcopy(row)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed  # type: ignore[no-any-return]  # -- a copy of the row


@pytest.mark.parametrize(
    ("spoil", "record_id", "reason"),
    [
        (
            lambda row: without(row, "parentOrderMap", "parentOrderSn"),
            None,
            "parentOrderSn is missing",
        ),
        (
            lambda row: without(row, "parentOrderMap"),
            None,
            "parentOrderMap is not an object",
        ),
        (
            lambda row: without(row, "orderList", 0, "orderSn"),
            "PO-029-06682144932470001",
            "orderSn is missing",
        ),
        (
            lambda row: row | {"orderList": "none"},
            "PO-029-06682144932470001",
            "orderList is not a list",
        ),
        (
            lambda row: (
                row | {"parentOrderMap": row["parentOrderMap"] | {"updateTime": "soon"}}
            ),
            "PO-029-06682144932470001",
            "updateTime is not a whole number",
        ),
        (
            lambda row: (
                row | {"parentOrderMap": row["parentOrderMap"] | {"updateTime": 10**18}}
            ),
            "PO-029-06682144932470001",
            "updateTime is not a time",
        ),
        (
            lambda row: (
                row
                | {"parentOrderMap": row["parentOrderMap"] | {"parentOrderSn": True}}
            ),
            None,
            "parentOrderSn is not a text",
        ),
        (lambda _row: "nonsense", None, "order is not an object"),
    ],
)
def test_a_row_that_is_not_understood_is_kept_beside(
    spoil: Callable[[dict[str, Any]], Any],
    record_id: str | None,
    reason: str,
    item: dict[str, Any],
    shop: Shop,
    converse: Converse,
) -> None:
    """The other rows of the page are read, and the reason shows no data."""
    spoiled = spoil(item)

    page, _ = converse(asking(shop), {"totalItemNum": 2, "pageItems": [spoiled, item]})

    assert [order.order_id for order in page.records] == ["PO-029-06682144932470001"]
    assert [(record_id, reason, spoiled)] == [
        (row.record_id, row.reason, json.loads(row.raw)) for row in page.unreadable
    ]


def test_asks_for_the_changes_of_a_window(shop: Shop, converse: Converse) -> None:
    """Both ends in seconds, the newest change first, as many as one page holds."""
    _, asked = converse(asking(shop), {"totalItemNum": 0, "pageItems": []})

    (call,) = asked
    assert call.endpoint == "bg.order.list.v2.get"
    assert call.body == {
        "pageNumber": 1,
        "pageSize": 100,
        "updateAtStart": int(NOON.timestamp()) - 3600,
        "updateAtEnd": int(NOON.timestamp()),
        "sortby": "updateTime",
    }


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        (Window(None, NOON), 1640995200, 1772366400),
        (Window(NOON, NOON), 1772366400, 1772366401),
    ],
)
def test_both_ends_of_a_window_are_sent(
    window: Window, start: int, end: int, shop: Shop, converse: Converse
) -> None:
    """No start means before Temu's first order; the end is always after the start."""
    _, (call,) = converse(
        asking(shop, window=window), {"totalItemNum": 0, "pageItems": None}
    )

    assert call.body is not None
    assert (start, end) == (call.body["updateAtStart"], call.body["updateAtEnd"])


@pytest.mark.parametrize(
    ("cursor", "rows", "total", "next_cursor"),
    [
        (None, 100, 250, "2"),
        ("2", 100, 250, "3"),
        ("3", 50, 250, None),
        (None, 100, 100, None),
        ("2", 0, 250, None),
        ("100", 100, 10_000, None),
    ],
)
def test_pages_until_all_are_counted(
    cursor: str | None,
    rows: int,
    total: int,
    next_cursor: str | None,
    item: dict[str, Any],
    shop: Shop,
    converse: Converse,
) -> None:
    """The page numbers go up to the total; an empty page ends the walk."""
    page, (call,) = converse(
        asking(shop, cursor=cursor), {"totalItemNum": total, "pageItems": [item] * rows}
    )

    assert call.body is not None
    assert int(cursor or 1) == call.body["pageNumber"]
    assert (rows, total, next_cursor) == (
        len(page.records),
        page.total,
        page.next_cursor,
    )


def test_a_window_with_more_than_can_be_paged_is_refused(
    item: dict[str, Any], shop: Shop, converse: Converse
) -> None:
    """What is behind the last page would be lost."""
    with pytest.raises(TooManyResults, match="10001 orders"):
        converse(asking(shop), {"totalItemNum": 10_001, "pageItems": [item] * 100})


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"pageItems": []},
        {"totalItemNum": 5},
        {"totalItemNum": 5, "pageItems": None},
        {"totalItemNum": "many", "pageItems": []},
        {"totalItemNum": 1, "pageItems": {}},
    ],
)
def test_a_list_without_rows_or_count_is_unreadable(
    payload: object, shop: Shop, converse: Converse
) -> None:
    """A strange answer does not pass for an empty window."""
    with pytest.raises(UnreadableReply):
        converse(asking(shop), payload)


@pytest.mark.parametrize("name", ["order_list", "order_list_wrapped_twice"])
def test_reads_both_envelopes_of_the_list(
    name: str, sample: Sample, shop: Shop, converse: Converse
) -> None:
    """The documented answer is wrapped twice, the live one once."""
    envelope = {"success": True, "errorCode": 1000000, "result": sample(name)}
    wire = HttpReply(status=200, headers={}, body=json.dumps(envelope).encode())
    conversation = asking(shop)

    payload = MARKETPLACE.read(Call(endpoint="bg.order.list.v2.get"), wire)
    page, _ = converse(conversation, payload)

    assert [order.order_id for order in page.records] == ["PO-029-06682144932470001"]


def test_reads_single_orders(sample: Sample, shop: Shop, converse: Converse) -> None:
    """The detail has no time of the last change; orders that are gone are left out."""
    gone = ItemGone("bg.order.detail.v2.get", "Order not found", code=140020002)

    orders, asked = converse(
        MARKETPLACE.orders(shop, ("PO-1", "PO-211-01096246467190001")),
        gone,
        sample("order_detail"),
    )

    assert [call.body for call in asked] == [
        {"parentOrderSn": "PO-1"},
        {"parentOrderSn": "PO-211-01096246467190001"},
    ]
    (order,) = orders
    assert order.order_id == "PO-211-01096246467190001"
    assert (order.marketplace_status, order.updated_at) == ("SHIPPED", None)
    assert order.lines[0].seller_sku == "SKU-001"


def test_a_single_order_that_is_not_understood_is_unreadable(
    shop: Shop, converse: Converse
) -> None:
    """It is not reported as gone."""
    with pytest.raises(UnreadableReply, match="parentOrderMap is not an object"):
        converse(MARKETPLACE.orders(shop, ("PO-1",)), {})


def test_no_orders_cost_no_call(shop: Shop, converse: Converse) -> None:
    """Asking for nothing asks nobody."""
    assert converse(MARKETPLACE.orders(shop, ())) == ((), [])
