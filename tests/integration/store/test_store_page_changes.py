"""Pages of records: what they leave in the change feed, and what its readers get."""

from threading import Barrier, Thread

import pytest
from hypothesis import given

from tests.integration.store.examples import numbers, over_many_examples, versions
from tests.integration.store.made_up import (
    NOW,
    SECOND,
    SHOP_KEY,
    line,
    order,
    product,
    shop,
    write,
)
from tests.integration.store.reading import feed, stored
from worker.domain.records import OrderStatus, ProductStatus, Stream
from worker.store.export import changes_after
from worker.store.pages import Written, write_page
from worker.store.schema import records
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration


@over_many_examples
@given(arriving=versions())
def test_the_feed_tells_the_whole_story(connected, seller, arriving):
    """Whoever applies the changes one by one ends with what is stored."""
    one_shop = shop(str(next(numbers)))
    with connected.write() as connection:
        remember_shops(connection, seller, [one_shop], now=NOW, takes=True)
    for age, note, lines in arriving:
        version = order(
            updated_at=NOW + age * SECOND,
            buyer_note=note,
            lines=tuple(line(line_id) for line_id in lines),
        )
        write(connected, version, shop_key=one_shop.shop_key)
    told: dict[str, object] = {}
    for change in feed(connected, shop_key=one_shop.shop_key):
        for name, (old, new) in change["fields"].items():
            assert told.get(name) == old
            told[name] = new

    (found,) = stored(connected, shop_key=one_shop.shop_key)
    assert {name: found[name] for name in told} == told


def test_a_new_record_is_an_added_change(connected):
    """It names every field that has a value, from nothing."""
    write(connected, order(lines=(line(),)))
    (change,) = feed(connected)
    (found,) = stored(connected)

    assert {name: change[name] for name in ("shop_key", "stream", "id", "kind")} == {
        "shop_key": SHOP_KEY,
        "stream": "orders",
        "id": "1",
        "kind": "added",
    }
    assert (change["at"], change["updated_at"]) == ("2026-11-22T12:00:00Z",) * 2
    assert change["fields"] == {
        name: [None, found[name]]
        for name in (
            "status",
            "marketplace_status",
            "currency",
            "total_amount",
            "created_at",
            "updated_at",
            "lines",
        )
    }


def test_an_update_tells_old_and_new_of_what_differs(connected):
    """Of the fields that stayed the same it says nothing."""
    write(connected, order(lines=(line("a"),)))
    write(
        connected,
        order(
            status=OrderStatus.SHIPPED,
            updated_at=NOW + SECOND,
            lines=(line("a", quantity=2),),
        ),
    )
    old_line = stored(connected)[0]["lines"][0] | {"quantity": 1}

    assert feed(connected)[1]["kind"] == "updated"
    assert feed(connected)[1]["fields"] == {
        "status": ["to_ship", "shipped"],
        "updated_at": ["2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z"],
        "lines": [[old_line], [old_line | {"quantity": 2}]],
    }


def test_a_product_that_its_marketplace_deleted_is_a_deleted_change(connected):
    """The row stays, with the time."""
    write(connected, product())
    write(
        connected,
        product(
            status=ProductStatus.DELETED,
            updated_at=NOW + SECOND,
            deleted_at=NOW + SECOND,
        ),
    )

    assert [change["kind"] for change in feed(connected)] == ["added", "deleted"]
    assert stored(connected, Stream.PRODUCTS)[0]["deleted_at"] == "2026-11-22T12:00:01Z"


def test_another_payload_with_the_same_fields_is_kept_but_is_no_change(connected):
    """What readers of the feed see did not change."""
    write(connected, order(raw=b'{"internal":1}'))
    written = write(connected, order(raw=b'{"internal":2}'))

    assert written == Written(updated=1)
    assert stored(connected, raw=True)[0]["raw"] == {"internal": 2}
    assert [change["kind"] for change in feed(connected)] == ["added"]


def test_a_reader_of_the_feed_misses_nothing(connected, seller):
    """No number shows up behind one that can be read already."""
    other = shop("2")
    with connected.write() as connection:
        remember_shops(connection, seller, [other], now=NOW, takes=True)
    second = Thread(
        target=write,
        args=(connected, order("second")),
        kwargs={"shop_key": other.shop_key},
    )
    with connected.write() as connection:
        write_page(
            connection,
            Stream.ORDERS,
            [order("first")],
            marketplace="tiktok_shop",
            shop_key=SHOP_KEY,
            now=NOW,
        )
        second.start()
        second.join(0.3)
        with connected.read() as reader:
            seen = changes_after(reader, 0, limit=10)
    second.join()
    last = seen[-1]["seq"] if seen else 0
    with connected.read() as reader:
        seen += changes_after(reader, last, limit=10)

    assert [change["id"] for change in seen] == ["first", "second"]


def test_a_reader_who_follows_the_feed_gets_all_of_it(connected, seller):
    """While pages of several shops are being written."""
    shops = [shop(str(number)) for number in range(10, 14)]
    with connected.write() as connection:
        remember_shops(connection, seller, shops, now=NOW, takes=True)
    barrier = Barrier(len(shops) + 1)

    def write_pages(one_shop):
        barrier.wait()
        for page in range(10):
            rows = [order(f"{page}-{number}") for number in range(5)]
            write(connected, *rows, shop_key=one_shop.shop_key)

    threads = [Thread(target=write_pages, args=(one_shop,)) for one_shop in shops]
    for thread in threads:
        thread.start()
    barrier.wait()
    seen: list[int] = []
    running = True
    while running:
        # Looked at first: what was committed before is read afterwards.
        running = any(thread.is_alive() for thread in threads)
        with connected.read() as connection:
            new = changes_after(connection, seen[-1] if seen else 0, limit=1_000)
        seen += [change["seq"] for change in new]

    assert len(seen) == 4 * 10 * 5


@pytest.mark.parametrize("table", [records.orders, records.order_lines])
def test_a_table_that_was_cleared_by_hand_fills_again(connected, table):
    """Parts of a record that are there without the rest are replaced, not in the way."""
    write(connected, order("1"), order("2"))
    whole = stored(connected, raw=True)
    with connected.write() as connection:
        connection.execute(table.delete())
        connection.execute(records.orders.delete())

    assert write(connected, order("1"), order("2")) == Written(added=2)
    assert stored(connected, raw=True) == whole
