"""Pages of records: what they leave behind in the tables, whatever came before."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from threading import Barrier, Thread

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

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
from worker.domain.errors import LeaseLost
from worker.domain.pages import Unreadable
from worker.domain.records import OrderStatus, ProductStatus, Stream
from worker.store.export import changes_after, export
from worker.store.pages import Written, write_page, write_unreadable
from worker.store.schema import records
from worker.store.schema.feed import changes
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

# Each example works in a shop of its own; the database is made once per test.
over_many_examples = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def stored(database, stream=Stream.ORDERS, *, shop_key=SHOP_KEY, raw=False):
    """Return what is exported of one shop."""
    with database.read() as connection:
        return list(export(connection, stream, shop_key=shop_key, raw=raw))


def feed(database, *, shop_key=SHOP_KEY):
    """Return the changes of one shop, oldest first."""
    with database.read() as connection:
        found = changes_after(connection, 0, limit=10_000)
    return [change for change in found if change["shop_key"] == shop_key]


def row_counts(database):
    """Return how many rows each table of records has, and the feed."""
    tables = (
        records.orders,
        records.order_lines,
        records.raw_payloads,
        changes,
    )
    with database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        ]


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


def test_writing_twice_is_writing_once(connected):
    """The same page again writes nothing and is no change."""
    page = [order(number, lines=(line(),)) for number in "123"]
    write(connected, *page)
    before = stored(connected), row_counts(connected)

    assert write(connected, *page, now=NOW + DAY) == Written(unchanged=3)
    assert (stored(connected), row_counts(connected)) == before


def test_older_data_never_overwrites_newer(connected):
    """It is counted, and leaves no trace in any table."""
    write(connected, order(status=OrderStatus.SHIPPED, lines=(line("new"),)))
    before = stored(connected, raw=True), feed(connected)
    late = order(
        status=OrderStatus.PENDING, updated_at=NOW - SECOND, lines=(line("old"),)
    )

    assert write(connected, late) == Written(outdated=1)
    assert (stored(connected, raw=True), feed(connected)) == before


def test_on_a_tie_the_later_fetch_wins(connected):
    """Two updates within one second carry the same time."""
    write(connected, order(status=OrderStatus.TO_SHIP))
    written = write(connected, order(status=OrderStatus.CANCELLED))

    assert written == Written(updated=1)
    assert stored(connected)[0]["status"] == "cancelled"


def test_on_a_tie_the_later_fetch_wins_also_if_it_is_written_first(connected):
    """A slow page that was asked for before is older, though it comes after."""
    write(connected, order(buyer_note="new"), now=NOW, fetched_at=NOW - SECOND)
    before = stored(connected, raw=True), feed(connected)
    written = write(
        connected, order(buyer_note="old"), now=NOW + SECOND, fetched_at=NOW - MINUTE
    )

    assert written == Written(outdated=1)
    assert (stored(connected, raw=True), feed(connected)) == before
    assert write(
        connected, order(buyer_note="newest"), now=NOW + SECOND, fetched_at=NOW
    ) == Written(updated=1)


def test_a_clock_that_is_set_back_stops_no_update(connected):
    """What was fetched in the future was not fetched later."""
    write(connected, order(buyer_note="old"), now=NOW + DAY)

    assert write(connected, order(buyer_note="new"), now=NOW) == Written(updated=1)


def test_a_newer_update_wins_whenever_it_was_fetched(connected):
    """Clocks of several readers decide ties only."""
    write(connected, order(buyer_note="old"), fetched_at=NOW)
    newer = order(updated_at=NOW + SECOND, buyer_note="new")

    assert write(connected, newer, fetched_at=NOW - MINUTE) == Written(updated=1)


@pytest.mark.parametrize(
    "times", [(None, NOW), (NOW, None), (None, None)], ids=["to", "from", "both"]
)
def test_without_an_update_time_the_later_fetch_wins(connected, times):
    """Nothing says that it is older."""
    first, second = times
    write(connected, order(updated_at=first, status=OrderStatus.TO_SHIP))
    write(connected, order(updated_at=second, status=OrderStatus.SHIPPED))

    assert stored(connected)[0]["status"] == "shipped"


@st.composite
def versions(draw):
    """Return versions of one order, in the order of their arrival."""
    texts = st.sampled_from(["a", "b", "c", "d"])
    lines = st.lists(st.sampled_from("123"), unique=True, max_size=3)
    return draw(
        st.lists(st.tuples(st.integers(0, 3), texts, lines), min_size=1, max_size=8)
    )


numbers = count(1000)


@over_many_examples
@given(arriving=versions(), cuts=st.lists(st.booleans(), min_size=8, max_size=8))
def test_any_order_of_arrival_ends_with_the_newest(connected, seller, arriving, cuts):
    """Late, repeated or tied, on one page or on several: the newest, of a tie the last."""
    one_shop = shop(str(next(numbers)))
    with connected.write() as connection:
        remember_shops(connection, seller, [one_shop], now=NOW, takes=True)
    page = []
    for (age, note, lines), is_last in zip(arriving, cuts, strict=False):
        page.append(
            order(
                updated_at=NOW + age * SECOND,
                buyer_note=note,
                lines=tuple(line(line_id) for line_id in lines),
            )
        )
        if is_last:
            write(connected, *page, shop_key=one_shop.shop_key)
            page.clear()
    if page:
        write(connected, *page, shop_key=one_shop.shop_key)
    newest = max(
        enumerate(arriving), key=lambda numbered: (numbered[1][0], numbered[0])
    )
    age, note, lines = newest[1]

    (found,) = stored(connected, shop_key=one_shop.shop_key)
    assert (
        found["updated_at"],
        found["buyer_note"],
        [row["line_id"] for row in found["lines"]],
    ) == (f"2026-11-22T12:00:0{age}Z", note, lines)


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


def test_of_two_versions_on_one_page_the_newer_one_stays(connected):
    """Rows move while they are paged: the newer one may come first."""
    newer = order(status=OrderStatus.SHIPPED)
    older = order(status=OrderStatus.TO_SHIP, updated_at=NOW - MINUTE)
    written = write(connected, newer, older)

    assert written == Written(added=1)
    assert [found["status"] for found in stored(connected)] == ["shipped"]
    assert [change["kind"] for change in feed(connected)] == ["added"]


def test_lines_that_vanish_are_gone(connected):
    """The children are replaced as a whole, and keep their order."""
    write(connected, order(lines=(line("a"), line("b"), line("c"))))
    write(connected, order(updated_at=NOW + SECOND, lines=(line("c"), line("a"))))

    assert [row["line_id"] for row in stored(connected)[0]["lines"]] == ["c", "a"]


def test_two_lines_with_one_id_are_one(connected):
    """The later one; the page is not lost over it."""
    write(connected, order(lines=(line("a", quantity=1), line("a", quantity=2))))

    assert [row["quantity"] for row in stored(connected)[0]["lines"]] == [2]
    assert feed(connected)[0]["fields"]["lines"][1] == stored(connected)[0]["lines"]


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


def test_the_shops_of_one_database_do_not_meet(connected, seller):
    """The same order id in two shops is two orders."""
    other = shop("2")
    with connected.write() as connection:
        remember_shops(connection, seller, [other], now=NOW, takes=True)
    write(connected, order(buyer_note="one", lines=(line(),)))
    write(connected, order(buyer_note="two", lines=(line(),)), shop_key=other.shop_key)
    write(
        connected,
        order(buyer_note="two", updated_at=NOW + DAY),
        shop_key=other.shop_key,
    )

    assert [len(found["lines"]) for found in stored(connected)] == [1]
    assert [
        len(row["lines"]) for row in stored(connected, shop_key=other.shop_key)
    ] == [0]


def test_an_empty_page_is_nothing(connected):
    """The last page of a section may have no rows."""
    with connected.write() as connection:
        written = write_unreadable(
            connection, Stream.ORDERS, [], shop_key=SHOP_KEY, now=NOW
        )

    assert written == Written()
    assert write(connected, stream=Stream.ORDERS) == Written()


def test_nothing_is_written_for_a_shop_that_is_gone(connected):
    """A page that was still being read when its shop was removed."""
    with pytest.raises(LeaseLost, match="was removed"):
        write(connected, order(), shop_key="tiktok_shop:default:404")

    assert row_counts(connected) == [0, 0, 0, 0]


def test_what_cannot_be_read_is_kept_with_the_reason(connected):
    """Once per record, by its id or else by its content; the newest stays."""
    rows = [
        Unreadable(record_id="1", reason="id is missing", raw=b'{"a":1}'),
        Unreadable(record_id="1", reason="id is wrong", raw=b'{"a":2}'),
        Unreadable(record_id=None, reason="not an object", raw=b"\x00\xff"),
        Unreadable(record_id=None, reason="nothing", raw=b"null"),
    ]
    for _ in range(2):
        with connected.write() as connection:
            written = write_unreadable(
                connection, Stream.ORDERS, rows, shop_key=SHOP_KEY, now=NOW
            )
        assert written == Written(unreadable=4)
    with connected.read() as connection:
        kept = connection.execute(
            select(
                records.unreadable_rows.c.reason, records.unreadable_rows.c.payload
            ).order_by(records.unreadable_rows.c.reason)
        ).all()

    assert kept == [
        ("id is wrong", '{"a":2}'),
        ("not an object", "\ufffd\ufffd"),
        ("nothing", "null"),
    ]


def test_two_writers_of_one_order_take_turns(connected):
    """The second one sees what the first one has not committed when it comes."""
    newer = order(updated_at=NOW + SECOND, buyer_note="newer", lines=(line("new"),))
    older = order(buyer_note="older", lines=(line("old"),))
    second = Thread(target=write, args=(connected, older))
    with connected.write() as connection:
        write_page(
            connection,
            Stream.ORDERS,
            [newer],
            marketplace="tiktok_shop",
            shop_key=SHOP_KEY,
            now=NOW,
        )
        second.start()
        # It waits by now, or it will find everything committed.
        second.join(0.3)
    second.join()
    (found,) = stored(connected, raw=True)

    assert (
        found["buyer_note"],
        [row["line_id"] for row in found["lines"]],
        found["raw"]["buyer_note"],
    ) == ("newer", ["new"], "newer")
    assert [change["kind"] for change in feed(connected)] == ["added"]


def test_a_crowd_of_writers_ends_as_any_order_of_them_would(connected):
    """The newest is stored in all tables, and the feed is one story."""
    barrier = Barrier(8)

    def write_version(age):
        version = order(
            updated_at=NOW + age * SECOND,
            buyer_note=str(age),
            lines=(line(f"line of {age}"),),
        )
        barrier.wait()
        # In another order each time, as two pages that overlap can be.
        write(connected, *sorted([order("other"), version], key=lambda _: age % 2))

    threads = [Thread(target=write_version, args=(age,)) for age in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = stored(connected, raw=True)[0]
    story = [change for change in feed(connected) if change["id"] == "1"]

    assert (
        found["buyer_note"],
        [row["line_id"] for row in found["lines"]],
        found["raw"]["buyer_note"],
    ) == ("7", ["line of 7"], "7")
    assert [change["kind"] for change in story].count("added") == 1
    notes = [change["fields"]["buyer_note"] for change in story]
    assert [old for old, _ in notes] == [None, *(new for _, new in notes[:-1])]


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
