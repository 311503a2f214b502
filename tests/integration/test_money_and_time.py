"""Money and time from a reply to the export: no unit is mistaken, no zone, no zero for nothing."""

import os
import time
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from tests.integration.store.made_up import APP, DAY, NOW, grant
from worker.domain.identity import Shop
from worker.domain.pages import PageRequest, Window
from worker.domain.records import Stream
from worker.marketplaces import marketplaces
from worker.store.apps import remember_app
from worker.store.export import export
from worker.store.grants import adopt_grant
from worker.store.pages import write_page, write_unreadable
from worker.store.schema.records import unreadable_rows
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

SAMPLES = Path(__file__).parents[1] / "samples"
SHOPS = {
    "tiktok_shop": Shop(marketplace="tiktok_shop", zone="default", shop_id="1"),
    "temu": Shop(marketplace="temu", zone="eu", shop_id="1"),
}
TIKTOK_ORDER = orjson.loads((SAMPLES / "tiktok_shop/orders_search.json").read_bytes())[
    "data"
]["orders"][0]
TEMU_ORDER = orjson.loads((SAMPLES / "temu/order_list.json").read_bytes())["result"][
    "pageItems"
][0]
GOODS = {
    "goodsId": "608635434407443",
    "goodsName": "Kettle",
    "goodsStatus": "Active",
    "goodsStatusChangeTime": 1765000000000,
    "skuInfoList": [{"skuId": 17592352673534, "skuSn": "A"}],
}
SKU = {"skuId": 17592352673534, "stock": 350, "price": "298.99", "currency": "MXN"}


@pytest.fixture
def connected(database):
    """Return the database with a shop of each marketplace."""
    sealer = Sealer((Fernet.generate_key().decode(),))
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        seller = adopt_grant(
            connection, APP, grant(), sealer=sealer, now=NOW, refresh_at=NOW + DAY
        )
        remember_shops(connection, seller, list(SHOPS.values()), now=NOW, takes=True)
    return database


def end_of(conversation, payloads):
    """Return what a conversation comes to that is answered with these."""
    next(conversation)
    try:
        for payload in payloads:
            conversation.send(payload)
    except StopIteration as end:
        return end.value
    raise AssertionError("it asks for more")


def pull(database, marketplace, stream, *payloads):
    """Write what a page makes of these payloads of its calls; return the export."""
    section = marketplaces()[marketplace].streams[stream].sections[0]
    request = PageRequest(
        stream=stream,
        shop=SHOPS[marketplace],
        window=Window(None, NOW),
        section=section,
    )
    conversation = marketplaces()[marketplace].page(request)
    page = end_of(conversation, payloads)
    shop_key = SHOPS[marketplace].shop_key
    with database.write() as connection:
        write_page(
            connection,
            stream,
            page.records,
            marketplace=marketplace,
            shop_key=shop_key,
            now=NOW,
        )
        write_unreadable(
            connection, stream, page.unreadable, shop_key=shop_key, now=NOW
        )
        return list(export(connection, stream))


def tiktok_orders(database, *orders):
    """Pull TikTok Shop orders that differ from the documented one in these fields."""
    rows = [TIKTOK_ORDER | {"id": str(n)} | order for n, order in enumerate(orders)]
    payload = {"orders": rows, "total_count": len(rows), "next_page_token": ""}
    return pull(database, "tiktok_shop", Stream.ORDERS, payload)


def temu_products(database, *skus):
    """Pull Temu goods with one SKU each, which differs from the usual one in these fields."""
    goods = [
        GOODS | {"goodsId": str(n), "skuInfoList": [{"skuId": n}]}
        for n in range(len(skus))
    ]
    found = [SKU | {"skuId": n} | sku for n, sku in enumerate(skus)]
    return pull(
        database,
        *("temu", Stream.PRODUCTS),
        {"goodsList": goods, "total": len(goods), "pagination": None},
        {"skuList": found, "total": len(found)},
    )


def reasons(database):
    """Return why rows were put aside."""
    with database.read() as connection:
        return list(connection.execute(select(unreadable_rows.c.reason)).scalars())


@pytest.mark.parametrize(
    "amount",
    ["5000", "12.50", "0.01", "0", "0.00", "-3.10", "99999999999999.99", "0.000001"],
)
def test_tiktok_shop_amounts_arrive_digit_by_digit(connected, amount):
    """They are decimal text in major units; a zero is a zero."""
    payment = {"currency": "IDR", "total_amount": amount}
    (found,) = tiktok_orders(connected, {"payment": payment})

    assert (found["total_amount"], found["currency"]) == (amount, "IDR")
    assert Decimal(found["total_amount"]) == Decimal(amount)


@pytest.mark.parametrize("payment", [None, {}, {"total_amount": ""}])
def test_an_amount_that_is_not_given_is_null(connected, payment):
    """And never 0."""
    (found,) = tiktok_orders(connected, {"payment": payment})

    assert (found["total_amount"], found["currency"]) == (None, None)


def test_temu_orders_have_no_amounts(connected):
    """Their permission is another one: null, not 0, for order and lines alike."""
    payload = {"result": {"pageItems": [TEMU_ORDER], "totalItemNum": 1}}
    (found,) = pull(connected, "temu", Stream.ORDERS, payload["result"])

    assert (found["total_amount"], found["currency"], found["paid_at"]) == (
        *(None, None),
        None,
    )
    assert {(line["unit_price"], line["currency"]) for line in found["lines"]} == {
        (None, None)
    }
    assert {line["quantity"] for line in found["lines"]} != {None}


@pytest.mark.parametrize(
    ("price", "currency"), [("298.99", "MXN"), ("1200", "JPY"), ("0", "EUR")]
)
def test_temu_prices_are_in_major_units_whatever_the_currency(
    connected, price, currency
):
    """Yen have no smaller unit, and nothing is multiplied or divided by a hundred."""
    (found,) = temu_products(connected, {"price": price, "currency": currency})

    (variant,) = found["variants"]
    assert (variant["price"], variant["currency"]) == (price, currency)


@pytest.mark.parametrize(
    "sku",
    [
        {"price": 29899},
        {"price": "1e999999"},
        {"price": "1e-999999"},
        {"price": "Infinity"},
        {"stock": 2**63},
        {"stock": "-9999999999999999999"},
        {"stock": 1.5},
    ],
    ids=str,
)
def test_a_number_that_no_database_takes_is_put_aside_and_the_page_goes_on(
    connected, sku
):
    """One such row would otherwise stop the stream for ever."""
    found = temu_products(connected, sku, {"price": "1.00"})

    assert [variant["price"] for row in found for variant in row["variants"]] == [
        "1.00"
    ]
    assert len(reasons(connected)) == 1


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # The hour that a summer time's end repeats, in New York and in Berlin.
        (1762061400, "2025-11-02T05:30:00Z"),
        (1762065000, "2025-11-02T06:30:00Z"),
        (1761438600, "2025-10-26T00:30:00Z"),
        # The hour that its beginning leaves out.
        (1741505400, "2025-03-09T07:30:00Z"),
        # Milliseconds, as old endpoints give them, and their digits as text.
        (1762061400123, "2025-11-02T05:30:00.123Z"),
        ("1762061400", "2025-11-02T05:30:00Z"),
        # Past the end of 32-bit seconds.
        (4854580847, "2123-11-02T06:40:47Z"),
        (0, None),
        (None, None),
    ],
    ids=repr,
)
def test_times_are_utc_wherever_the_worker_stands(
    connected, monkeypatch, zone, given, expected
):
    """Also in the hours that local clocks repeat or leave out."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        (found,) = tiktok_orders(connected, {"paid_time": given})
    finally:
        monkeypatch.undo()
        time.tzset()

    assert found["paid_at"] == expected
    assert os.environ.get("TZ") != "Asia/Kolkata"


@pytest.mark.parametrize("given", [-1, "-1", 0, "0"], ids=repr)
def test_temu_times_before_time_are_none(connected, given):
    """Seconds or milliseconds; nothing was sold in 1969."""
    parent = TEMU_ORDER["parentOrderMap"] | {"parentOrderTime": given}
    payload = {
        "pageItems": [TEMU_ORDER | {"parentOrderMap": parent}],
        "totalItemNum": 1,
    }
    (found,) = pull(connected, "temu", Stream.ORDERS, payload)

    assert found["created_at"] is None
