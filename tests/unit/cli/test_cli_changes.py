"""`sellersync changes` when the feed has let go of something."""

from datetime import timedelta

import orjson
import pytest

from tests.unit.cli.conftest import NOW
from worker.domain.records import Order, OrderStatus, Stream
from worker.store.feed import purge_changes
from worker.store.pages import write_page


@pytest.fixture
def purged(database, shop_keys):
    """Return the database with five changes, of which the first two are no longer kept."""
    for number in range(5):
        moment = NOW + timedelta(days=number)
        order = Order(
            order_id=str(number),
            status=OrderStatus.TO_SHIP,
            marketplace_status=None,
            currency=None,
            total_amount=None,
            created_at=None,
            updated_at=moment,
            paid_at=None,
            buyer_note=None,
            lines=(),
            raw=b"%d" % number,
        )
        with database.write() as connection:
            write_page(
                connection,
                Stream.ORDERS,
                [order],
                marketplace="temu",
                shop_key=shop_keys[0],
                now=moment,
            )
    with database.write() as connection:
        purge_changes(connection, before=NOW + timedelta(days=2))
    return database


def seqs(ended):
    """Return the numbers that were printed."""
    return [orjson.loads(line)["seq"] for line in ended.out.splitlines()]


@pytest.mark.parametrize("more", [(), ("--follow",), ("--limit", "1")])
def test_a_place_that_is_no_longer_kept_is_refused(sellersync, purged, more):
    """In one line that says how to start again; nothing is printed."""
    del purged
    ended = sellersync("changes", "--after", "1", *more)

    assert (ended.status, ended.out) == (1, b"")
    assert ended.err.startswith("sellersync: the changes after 1 are no longer kept")
    assert "sellersync export" in ended.err
    assert ended.err.count("\n") == 1


def test_a_place_that_is_kept_goes_on(sellersync, purged):
    """Also right behind what is gone."""
    del purged

    assert seqs(sellersync("changes", "--after", "2")) == [3, 4, 5]


def test_without_a_place_it_begins_with_the_oldest_and_says_so(sellersync, purged):
    """On standard error: the lines are for a program."""
    del purged
    ended = sellersync("changes")

    assert (ended.status, seqs(ended)) == (0, [3, 4, 5])
    assert "changes up to seq 2 are no longer kept" in ended.err


def test_the_newest_place_is_where_a_new_reader_goes_on(sellersync, purged):
    """Noted before the export, followed after it."""
    del purged
    ended = sellersync("changes", "--newest")

    assert (ended.status, ended.out) == (0, b"5\n")
    assert sellersync("changes", "--after", "5").out == b""


def test_there_is_a_newest_place_before_anything_happened(sellersync, shop_keys):
    """The beginning."""
    del shop_keys

    assert sellersync("changes", "--newest").out == b"0\n"
