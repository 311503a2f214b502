"""Reading the data back: all of it, part of it, and the feed of changes."""

import pytest

from tests.integration.store.made_up import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SHOP_KEY,
    line,
    order,
    product,
    shop,
    variant,
    write,
)
from worker.domain.records import Stream
from worker.store.events import recent_events, record_event
from worker.store.export import changes_after, export
from worker.store.removal import remove_shop
from worker.store.shops import remember_shops
from worker.store.totals import count_records

pytestmark = pytest.mark.integration

OTHER = shop("2").shop_key


@pytest.fixture
def two_shops(connected, seller):
    """Return the database with another shop of the same seller."""
    with connected.write() as connection:
        remember_shops(connection, seller, [shop("2")], now=NOW, takes=True)
    return connected


def exported(database, stream=Stream.ORDERS, **which):
    """Return everything that is exported."""
    with database.read() as connection:
        return list(export(connection, stream, **which))


def ids(found):
    """Return which orders these are."""
    return [(row["shop_key"], row["order_id"]) for row in found]


def test_more_than_one_batch_comes_whole_and_in_order(two_shops):
    """Each order with its own lines, whatever the batch that it is in."""
    for shop_key in (SHOP_KEY, OTHER):
        write(
            two_shops,
            *(
                order(f"{number:04}", lines=(line(f"{shop_key}-{number}"),))
                for number in reversed(range(620))
            ),
            shop_key=shop_key,
        )
    found = exported(two_shops)

    assert ids(found) == [
        (shop_key, f"{number:04}")
        for shop_key in (SHOP_KEY, OTHER)
        for number in range(620)
    ]
    assert [[row["line_id"] for row in record["lines"]] for record in found] == [
        [f"{shop_key}-{number}"]
        for shop_key in (SHOP_KEY, OTHER)
        for number in range(620)
    ]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000])
def test_the_edge_of_a_batch_loses_nothing(connected, count):
    """Neither the row before it nor the one after."""
    if count:
        write(connected, *(order(f"{number:04}") for number in range(count)))

    assert len(exported(connected)) == count


def test_one_shop_alone(two_shops):
    """Nothing of the others."""
    write(two_shops, order("a"))
    write(two_shops, order("b"), shop_key=OTHER)

    assert ids(exported(two_shops, shop_key=OTHER)) == [(OTHER, "b")]
    assert exported(two_shops, shop_key="tiktok_shop:default:404") == []


def test_only_what_was_updated_since(connected):
    """The moment itself included."""
    write(
        connected,
        order("before", updated_at=NOW - SECOND),
        order("at", updated_at=NOW),
        order("after", updated_at=NOW + DAY, lines=(line(),)),
        order("unknown", updated_at=None),
    )
    found = exported(connected, since=NOW)

    assert [row["order_id"] for row in found] == ["after", "at"]
    assert [len(row["lines"]) for row in found] == [1, 0]


def test_the_payload_comes_on_request(connected):
    """As JSON, untouched."""
    write(connected, order(raw=b'{"id":"1","deep":[{"er":null}]}'))
    (without,) = exported(connected)
    (with_payload,) = exported(connected, raw=True)

    assert "raw" not in without
    assert with_payload == without | {"raw": {"id": "1", "deep": [{"er": None}]}}


def test_orders_and_products_do_not_mix(connected):
    """Nor do their payloads, though their ids are the same."""
    write(connected, order("1", raw=b'"order"'))
    write(connected, product("1", raw=b'"product"', variants=(variant(),)))

    (one_order,) = exported(connected, raw=True)
    (one_product,) = exported(connected, Stream.PRODUCTS, raw=True)
    assert (one_order["order_id"], one_order["raw"]) == ("1", "order")
    assert (one_product["product_id"], one_product["raw"]) == ("1", "product")


def test_the_export_is_of_one_moment(connected):
    """What arrives while it is read belongs to the next one."""
    write(connected, *(order(f"{number:04}") for number in range(600)))
    with connected.read() as connection:
        rows = export(connection, Stream.ORDERS)
        first = next(rows)
        write(
            connected,
            *(
                order(f"{number:04}", buyer_note="new", updated_at=NOW + MINUTE)
                for number in range(700)
            ),
        )
        rest = list(rows)

    assert {row["buyer_note"] for row in [first, *rest]} == {None}
    assert len(rest) == 599


def test_the_feed_goes_on_after_a_number(connected):
    """In order, as many as asked for; nothing when there is nothing."""
    for number in range(5):
        write(connected, order(str(number)))
    with connected.read() as connection:
        some = changes_after(connection, 0, limit=2)
        others = changes_after(connection, some[-1]["seq"], limit=10)
        none = changes_after(connection, others[-1]["seq"], limit=10)

    assert [change["id"] for change in some] == ["0", "1"]
    assert [change["id"] for change in others] == ["2", "3", "4"]
    assert none == []


def test_a_number_of_the_feed_is_never_given_again(connected, seller):
    """A reader may have passed it, though its shop is gone now."""
    write(connected, order())
    with connected.write() as connection:
        (first,) = changes_after(connection, 0, limit=10)
        remember_shops(connection, seller, [shop("2")], now=NOW, takes=True)
        remove_shop(connection, SHOP_KEY)
    write(connected, order(), shop_key=OTHER)
    with connected.read() as connection:
        (second,) = changes_after(connection, 0, limit=10)

    assert second["seq"] > first["seq"]


def test_records_are_counted_by_shop(two_shops):
    """Shops without any are left out."""
    write(two_shops, order("a"), order("b"))
    with two_shops.read() as connection:
        orders = count_records(connection, Stream.ORDERS)
        products = count_records(connection, Stream.PRODUCTS)

    assert orders == {SHOP_KEY: 2}
    assert products == {}


def test_events_come_newest_first(database):
    """With their facts."""
    with database.write() as connection:
        for number in range(3):
            record_event(
                connection,
                f"event_{number}",
                now=NOW,
                shop_key=SHOP_KEY,
                app_id="app",
                detail={"number": number},
            )
        found = recent_events(connection, limit=2)

    assert [(event.name, event.detail["number"]) for event in found] == [
        ("event_2", 2),
        ("event_1", 1),
    ]
    assert (found[0].at, found[0].shop_key, found[0].app_id) == (NOW, SHOP_KEY, "app")
