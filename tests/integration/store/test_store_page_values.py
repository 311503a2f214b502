"""Pages of records: what their values are in the tables."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.store.examples import numbers, over_many_examples
from tests.integration.store.made_up import (
    NOW,
    line,
    order,
    product,
    shop,
    variant,
    write,
)
from tests.integration.store.reading import feed, stored
from worker.domain.records import Stream
from worker.store.pages import Written
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration


def test_an_order_is_stored_with_all_its_parts(connected):
    """In the normalised form, with the payload beside it."""
    payload = orjson.dumps({"id": "1", "anything": [1, {"else": None}]})
    written = write(
        connected,
        order(
            paid_at=NOW,
            buyer_note="Ring twice",
            lines=(line("a"), line("b", unit_price=Decimal("0.01"))),
            raw=payload,
        ),
    )

    assert written == Written(added=1)
    assert stored(connected, raw=True) == [
        {
            "marketplace": "tiktok_shop",
            "shop_key": "tiktok_shop:default:1",
            "order_id": "1",
            "status": "to_ship",
            "marketplace_status": "AWAITING_SHIPMENT",
            "currency": "GBP",
            "total_amount": "12.50",
            "created_at": "2026-11-21T12:00:00Z",
            "updated_at": "2026-11-22T12:00:00Z",
            "paid_at": "2026-11-22T12:00:00Z",
            "buyer_note": "Ring twice",
            "lines": [
                {
                    "line_id": line_id,
                    "product_id": "p1",
                    "sku_id": "s1",
                    "seller_sku": "MUG-RED",
                    "title": "Mug",
                    "quantity": 1,
                    "unit_price": price,
                    "currency": "GBP",
                }
                for line_id, price in (("a", "12.50"), ("b", "0.01"))
            ],
            "raw": orjson.loads(payload),
        }
    ]


def test_a_product_is_stored_with_all_its_parts(connected):
    """In the normalised form."""
    write(connected, product(variants=(variant("a"), variant("b", stock=None))))

    assert stored(connected, Stream.PRODUCTS) == [
        {
            "marketplace": "tiktok_shop",
            "shop_key": "tiktok_shop:default:1",
            "product_id": "1",
            "title": "Mug",
            "status": "live",
            "marketplace_status": "ACTIVATE",
            "created_at": "2026-11-21T12:00:00Z",
            "updated_at": "2026-11-22T12:00:00Z",
            "deleted_at": None,
            "variants": [
                {
                    "sku_id": sku_id,
                    "seller_sku": "MUG-RED",
                    "price": "12.50",
                    "currency": "GBP",
                    "stock": stock,
                }
                for sku_id, stock in (("a", 3), ("b", None))
            ],
        }
    ]


def test_what_is_not_given_stays_null(connected):
    """Nothing is guessed."""
    empty = order(
        marketplace_status=None,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=None,
        lines=(
            line(
                product_id=None,
                sku_id=None,
                seller_sku=None,
                title=None,
                quantity=None,
                unit_price=None,
                currency=None,
            ),
        ),
    )
    write(connected, empty)
    (found,) = stored(connected)

    assert {name for name, value in found.items() if value is not None} == {
        "marketplace",
        "shop_key",
        "order_id",
        "status",
        "lines",
    }
    assert {name for name, value in found["lines"][0].items() if value is not None} == {
        "line_id"
    }


@pytest.mark.parametrize(
    "amount", ["5000", "0.01", "199.00", "0", "-3.50", "1E+3", "0.1234567890123456789"]
)
def test_money_is_exact(connected, amount):
    """Neither rounded, nor turned into a float, nor stripped of its cents."""
    exact = Decimal(amount)
    write(connected, order(total_amount=exact, lines=(line(unit_price=exact),)))
    (found,) = stored(connected)

    assert found["total_amount"] == format(exact, "f")
    assert found["lines"][0]["unit_price"] == format(exact, "f")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "2026-03-29T01:30:00Z"),
        (
            datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=8))),
            "2026-03-28T17:30:00Z",
        ),
        (datetime(2026, 3, 29, 1, 30, 0, 5000, tzinfo=UTC), "2026-03-29T01:30:00.005Z"),
        (datetime(2125, 1, 1, tzinfo=UTC), "2125-01-01T00:00:00Z"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "1970-01-01T00:00:01Z"),
    ],
    ids=["UTC", "another zone", "milliseconds", "far future", "long ago"],
)
def test_times_are_utc(connected, moment, text):
    """Whatever zone they came in."""
    write(connected, order(created_at=moment))

    assert stored(connected)[0]["created_at"] == text
    assert feed(connected)[0]["fields"]["created_at"] == [None, text]


@over_many_examples
@given(note=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_comes_back_as_it_was(connected, seller, note):
    """Emoji, right-to-left, line ends, quotes."""
    one_shop = shop(str(next(numbers)))
    with connected.write() as connection:
        remember_shops(connection, seller, [one_shop], now=NOW, takes=True)
    write(connected, order(buyer_note=note), shop_key=one_shop.shop_key)

    (found,) = stored(connected, shop_key=one_shop.shop_key, raw=True)
    assert found["buyer_note"] == note
    assert found["raw"]["buyer_note"] == note


def test_a_nul_in_a_text_does_not_poison_the_page(connected):
    """PostgreSQL cannot store it: it becomes the replacement character."""
    odd = order("1\0", buyer_note="a\0b", lines=(line("x\0", title="\0"),))
    page = [odd, order("2")]
    written = write(connected, *page)
    again = write(connected, *page)

    assert (written, again) == (Written(added=2), Written(unchanged=2))
    assert [
        (
            found["order_id"],
            found["buyer_note"],
            [row["title"] for row in found["lines"]],
        )
        for found in stored(connected)
    ] == [("1\ufffd", "a\ufffdb", ["\ufffd"]), ("2", None, [])]
    assert feed(connected)[0]["fields"]["buyer_note"] == [None, "a\ufffdb"]


def test_ids_and_counts_of_64_bits_fit(connected):
    """Ids are text; a count may be larger than 32 bits."""
    many = 2**63 - 1
    write(connected, order(str(many), lines=(line(str(many), quantity=many),)))
    write(connected, product(variants=(variant(stock=-many),)))

    assert stored(connected)[0]["order_id"] == str(many)
    assert stored(connected)[0]["lines"][0]["quantity"] == many
    assert stored(connected, Stream.PRODUCTS)[0]["variants"][0]["stock"] == -many
