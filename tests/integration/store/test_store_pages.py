"""Pages of records: what they leave behind in the tables, whatever came before."""

from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.integration.store.examples import numbers, over_many_examples, versions
from tests.integration.store.made_up import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SHOP_KEY,
    line,
    order,
    shop,
    write,
)
from tests.integration.store.reading import feed, row_counts, stored
from worker.domain.errors import LeaseLost
from worker.domain.pages import Unreadable
from worker.domain.records import OrderStatus, Stream
from worker.store.pages import Written, write_page, write_unreadable
from worker.store.schema import records
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration


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
