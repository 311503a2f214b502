"""The truth and the payloads, on orders written by hand."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.truth import truth_pieces
from worker.sandbox.world.money import amount_text
from worker.sandbox.world.records import Line, Order
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import (
    NORMALISED_ORDER,
    NORMALISED_PRODUCT,
    ORDER_WORDS,
    PRODUCT_WORDS,
    OrderState,
    ProductState,
)
from worker.sandbox.world.truth import order_row

JAN_2 = 1_767_323_045  # 2026-01-02T03:04:05Z


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a sandbox without any orders."""
    return make_sandbox(orders_per_shop=0, products_per_shop=1)


def line(**changes: Any) -> Line:
    """Return a line of one unit."""
    fields: dict[str, Any] = {
        "line_id": "577",
        "product_id": "601000000000001",
        "sku_id": "17592000000001",
        "seller_sku": "",
        "title": "Café Cup",
        "variant": "Red",
        "unit_price": 1299,
    }
    return Line(**(fields | changes))


def order(**changes: Any) -> Order:
    """Return a paid order of one line."""
    fields: dict[str, Any] = {
        "row_id": "576",
        "serial": 1,
        "state": OrderState.TO_COLLECT,
        "created_at": JAN_2,
        "updated_at": JAN_2 + 60,
        "paid_at": JAN_2 + 1,
        "buyer_note": "",
        "lines": (line(),),
        "shipping_fee": 499,
        "tax": 1,
    }
    return Order(**(fields | changes))


def tiktok_shop(sandbox: Sandbox) -> Shop:
    """Return the first TikTok shop, which sells in pounds."""
    return sandbox.world.tiktok_sellers[0][0]


def test_a_tiktok_order_is_told_in_full(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """The truth has the amounts of the payload; empty texts become null."""
    shop = tiktok_shop(sandbox)
    shop.orders.put(order(lines=(line(), line(line_id="578", seller_sku="CUP"))))

    truth = order_row(shop, shop.orders.true["576"])
    payload = tiktok_caller(sandbox).connect().search_orders()["orders"][0]

    assert truth == {
        "marketplace": "tiktok_shop",
        "shop_key": f"tiktok_shop:default:{shop.shop_id}",
        "order_id": "576",
        "status": "to_ship",
        "marketplace_status": "AWAITING_COLLECTION",
        "currency": "GBP",
        "total_amount": "30.98",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:05:05Z",
        "paid_at": "2026-01-02T03:04:06Z",
        "buyer_note": None,
        "lines": [
            {
                "line_id": line_id,
                "product_id": "601000000000001",
                "sku_id": "17592000000001",
                "seller_sku": seller_sku,
                "title": "Café Cup",
                "quantity": 1,
                "unit_price": "12.99",
                "currency": "GBP",
            }
            for line_id, seller_sku in (("577", None), ("578", "CUP"))
        ],
    }
    assert (payload["status"], payload["buyer_message"]) == ("AWAITING_COLLECTION", "")
    assert payload["payment"]["total_amount"] == "30.98"
    assert payload["payment"]["sub_total"] == "25.98"
    assert (payload["create_time"], payload["paid_time"]) == (JAN_2, JAN_2 + 1)
    assert payload["update_time"] == JAN_2 + 60
    items = [
        (item["id"], item["seller_sku"], item["sale_price"], item["currency"])
        for item in payload["line_items"]
    ]
    assert items == [("577", "", "12.99", "GBP"), ("578", "CUP", "12.99", "GBP")]


def test_an_unpaid_tiktok_order_has_no_payment_time(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """Where nothing was paid, the payload has no such field and the truth says null."""
    shop = tiktok_shop(sandbox)
    shop.orders.put(order(state=OrderState.UNPAID, paid_at=None, buyer_note="Hi"))

    truth = order_row(shop, shop.orders.true["576"])
    payload = tiktok_caller(sandbox).connect().search_orders()["orders"][0]

    assert (truth["paid_at"], truth["buyer_note"]) == (None, "Hi")
    assert "paid_time" not in payload
    assert payload["buyer_message"] == "Hi"


def test_a_temu_order_is_told_without_money(
    sandbox: Sandbox, temu_caller: Callable[..., Any]
) -> None:
    """What Temu does not say is null; the quantity is what was not cancelled."""
    caller = temu_caller(sandbox)
    shop = caller.mall.shop
    number = "PO-076-10960000000000001"
    shop.orders.put(
        order(
            row_id=number,
            state=OrderState.PARTLY_DELIVERED,
            lines=(line(line_id="076-1", ordered=3, cancelled=1),),
            buyer_note="not told",
        )
    )

    truth = order_row(shop, shop.orders.true[number])
    listed = caller.result("bg.order.list.v2.get")["pageItems"][0]
    detail = caller.result("bg.order.detail.v2.get", parentOrderSn=number)

    assert truth == {
        "marketplace": "temu",
        "shop_key": f"temu:eu:{shop.shop_id}",
        "order_id": number,
        "status": "shipped",
        "marketplace_status": "PARTIALLY_DELIVERED",
        "currency": None,
        "total_amount": None,
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:05:05Z",
        "paid_at": None,
        "buyer_note": None,
        "lines": [
            {
                "line_id": "076-1",
                "product_id": "601000000000001",
                "sku_id": "17592000000001",
                "seller_sku": None,
                "title": "Café Cup",
                "quantity": 2,
                "unit_price": None,
                "currency": None,
            }
        ],
    }
    for item in (listed, detail):
        parent, (only,) = item["parentOrderMap"], item["orderList"]
        assert (parent["parentOrderStatus"], parent["updateTime"]) == (51, JAN_2 + 60)
        assert (only["orderSn"], only["quantity"]) == ("076-1", 2)
        assert (only["goodsId"], only["skuId"]) == (601000000000001, 17592000000001)
        assert only["originalOrderQuantity"] == 3
        assert only["productList"][0]["extCode"] == ""
    assert "amount" not in orjson.dumps(detail).decode().lower()


@pytest.mark.parametrize(
    ("minor_units", "currency", "expected"),
    [
        (1299, "USD", "12.99"),
        (5, "USD", "0.05"),
        (0, "EUR", "0.00"),
        (5000, "IDR", "5000"),
        (0, "JPY", "0"),
    ],
)
def test_money_is_written_in_major_units(
    minor_units: int, currency: str, expected: str
) -> None:
    """Two digits after the point, except where a currency has none."""
    assert expected == amount_text(minor_units, currency)


def test_every_state_has_a_normalised_word() -> None:
    """No state is without a status, and no marketplace uses a state of its own."""
    assert set(OrderState) == set(NORMALISED_ORDER)
    assert set(ProductState) == set(NORMALISED_PRODUCT)
    assert set(OrderState) == set().union(*ORDER_WORDS.values())
    assert set(ProductState) == set().union(*PRODUCT_WORDS.values())


def test_the_whole_truth_is_one_json_document(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    """The pieces make a document with every shop and row, empty shops included."""
    sandbox = make_sandbox(orders_per_shop=450, tiktok_sellers=1)
    shops = [*sandbox.world.shops()]

    truth = orjson.loads(b"".join(truth_pieces(shops)))

    for stream in ("orders", "products"):
        assert [shop.shop_key for shop in shops] == list(truth[stream])
        for shop in shops:
            ids = list(getattr(shop, stream).true)
            assert ids == list(truth[stream][shop.shop_key])
