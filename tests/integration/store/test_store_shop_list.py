"""One page of the list of shops: searched, filtered, sorted and cut by the database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from tests.integration.store.made_up import APP
from worker.domain.grants import AuthorizationState, Grant
from worker.domain.identity import Shop
from worker.domain.records import Stream
from worker.store import resting, shops
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.store.reconcile_tallies import ReconcileTally, count_reconciles
from worker.store.schema.accounts import authorizations as authorization_rows
from worker.store.schema.reconciles import reconciles
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.shop_ages import shop_ages
from worker.store.shop_list import Only, Order, Wish, list_shops
from worker.store.stream_tallies import (
    FRESHNESS,
    OpenHistory,
    count_open_history,
    count_streams,
    count_streams_by_app,
)
from worker.store.tallies import count_ending, count_sellers, count_shops

pytestmark = pytest.mark.integration

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
TARGETS = {Stream.ORDERS: timedelta(minutes=10), Stream.PRODUCTS: timedelta(hours=2)}
# Name, region, and the days until the seller must authorise again.
SHOPS = (
    ("beta", "GB", 5),
    ("Alpha 100%", "DE", 40),
    (None, "US", 20),
    ("alpha", None, 1),
)


@pytest.fixture
def filled(database, sealer):
    """Return a database with a seller for each shop; all streams are a minute old."""
    for number, (name, region, days) in enumerate(SHOPS):
        grant = Grant(
            subject=f"seller-{number}",
            access_token="a",
            access_expires_at=NOW + timedelta(hours=1),
            refresh_token="r",
            refresh_expires_at=NOW + timedelta(days=days),
        )
        shop = Shop(
            marketplace="tiktok_shop",
            zone="default",
            shop_id=str(number),
            name=name,
            region=region,
        )
        with database.write() as connection:
            remember_app(connection, APP, now=NOW)
            made = adopt_grant(
                connection, APP, grant, sealer=sealer, now=NOW, refresh_at=NOW
            )
            shops.remember_shops(connection, made, [shop], now=NOW, takes=True)
    change(database, None, watermark=NOW - timedelta(minutes=1))
    return database


def change(database, number, stream=None, **values):
    """Write into the streams of a shop, or of all."""
    wanted = [] if number is None else [streams.c.shop_key == key(number)]
    if stream is not None:
        wanted.append(streams.c.stream == stream.value)
    with database.write() as connection:
        connection.execute(update(streams).where(*wanted).values(**values))


def key(number):
    """Return the key of a shop."""
    return f"tiktok_shop:default:{number}"


def listed(database, **wish):
    """Return the numbers of the shops on a page, and how many there are."""
    with database.read() as connection:
        found = list_shops(connection, Wish(**wish), now=NOW, targets=TARGETS)
    return [int(each.rpartition(":")[2]) for each in found.keys], found.count


def test_the_list_is_sorted_by_name(filled):
    """Upper and lower case alike; a shop without a name has its number for one."""
    assert listed(filled) == ([2, 3, 1, 0], 4)
    assert listed(filled, descending=True) == ([0, 1, 3, 2], 4)


def test_pages_are_cut_by_the_database(filled):
    """Every shop is on one page; behind the last one there is nothing."""
    pages = [listed(filled, size=3, page=page) for page in (1, 2, 3)]

    assert pages == [([2, 3, 1], 4), ([0], 4), ([], 4)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("ALPHA", [3, 1]), ("100%", [1]), ("_", [2, 3, 1, 0]), ("%", [1]), ("gb", [0])],
)
def test_a_search_takes_every_character_as_it_is(filled, text, found):
    """In name, key and region; the underscore is part of each key."""
    assert listed(filled, search=text) == (found, len(found))


def test_the_first_to_end_comes_first(filled):
    """What counts is when the seller must authorise again."""
    assert listed(filled, order=Order.ENDS) == ([3, 0, 2, 1], 4)


def test_the_oldest_stream_comes_first(filled):
    """One that was never complete is the oldest of all, on both databases."""
    change(filled, 1, Stream.ORDERS, watermark=NOW - timedelta(days=1))
    change(filled, 0, Stream.ORDERS, watermark=None)
    change(filled, 2, Stream.PRODUCTS, watermark=None)

    assert listed(filled, order=Order.ORDERS)[0] == [0, 1, 2, 3]
    assert listed(filled, order=Order.ORDERS, descending=True)[0] == [2, 3, 1, 0]
    assert listed(filled, order=Order.PRODUCTS)[0] == [2, 0, 1, 3]


def test_late_is_what_runs_and_is_behind_its_target(filled):
    """Each kind of stream has its own target; one that rests is not late."""
    change(filled, None, Stream.ORDERS, watermark=NOW - timedelta(minutes=11))
    change(filled, None, Stream.PRODUCTS, watermark=NOW - timedelta(minutes=11))
    change(filled, 3, Stream.ORDERS, watermark=NOW - timedelta(minutes=9))
    change(filled, 2, Stream.ORDERS, next_run_at=None)

    assert listed(filled, only=Only.LATE) == ([1, 0], 2)


def test_trouble_is_everything_that_an_operator_should_see(filled):
    """A seller who is gone, a stream that fails, is disabled, stalled or late."""
    assert listed(filled, only=Only.TROUBLE) == ([], 0)
    for values in (
        {"failures": 1},
        {"disabled": "ScopeMissing: x"},
        {"stalled_at": NOW},
        {"watermark": NOW - timedelta(days=1)},
    ):
        change(filled, 0, Stream.PRODUCTS, **values)
        assert listed(filled, only=Only.TROUBLE) == ([0], 1)
        healthy = {
            "failures": 0,
            "disabled": None,
            "stalled_at": None,
            "watermark": NOW,
        }
        change(filled, 0, Stream.PRODUCTS, **healthy)
    bury(filled, 2)

    assert listed(filled, only=Only.TROUBLE) == ([2], 1)


def test_paused_shops_are_found(filled):
    """They are in no trouble."""
    with filled.write() as connection:
        resting.pause_shop(connection, key(1), reason="by hand")

    assert listed(filled, only=Only.PAUSED) == ([1], 1)
    assert listed(filled, only=Only.TROUBLE) == ([], 0)


def bury(database, number):
    """Let a seller have to authorise again."""
    with database.write() as connection:
        connection.execute(
            update(authorization_rows)
            .where(authorization_rows.c.subject == f"seller-{number}")
            .values(state="needs_reauthorization")
        )


def test_everything_is_counted_once(filled):
    """Sellers by state, authorizations that end soon, shops, streams by kind."""
    bury(filled, 3)
    change(filled, 0, Stream.ORDERS, failures=2, watermark=NOW - timedelta(hours=1))
    change(
        filled, 1, Stream.ORDERS, watermark=None, next_run_at=NOW - timedelta(hours=2)
    )
    change(filled, 2, Stream.ORDERS, next_run_at=None, disabled="ScopeMissing: x")
    with filled.read() as connection:
        sellers = {
            tally.state: (tally.count, tally.ends_at)
            for tally in count_sellers(connection, now=NOW)
        }
        ending = count_ending(
            connection, now=NOW, within=(timedelta(days=7), timedelta(days=30))
        )
        counted = count_shops(connection)
        orders = count_streams(connection, now=NOW, targets=TARGETS)[Stream.ORDERS]

    assert sellers == {
        AuthorizationState.ACTIVE: (3, NOW + timedelta(days=5)),
        AuthorizationState.NEEDS_REAUTHORIZATION: (1, NOW + timedelta(days=1)),
    }
    assert ending == [1, 2]
    assert counted == (4, 0)
    assert (orders.count, orders.running, orders.late, orders.never) == (4, 3, 1, 1)
    assert (orders.failing, orders.disabled, orders.stalled) == (2, 1, 0)
    assert orders.oldest_watermark == NOW - timedelta(hours=1)
    assert orders.overdue_since == NOW - timedelta(hours=2)


def test_streams_are_counted_of_each_app_too(filled):
    """With how many of those that run are how fresh, and what history is open."""
    change(filled, 0, Stream.ORDERS, watermark=NOW - timedelta(hours=1))
    change(filled, 1, Stream.ORDERS, watermark=None)
    change(filled, 2, Stream.ORDERS, next_run_at=None)
    with filled.write() as connection:
        for number, done_at in ((0, NOW), (0, None), (0, None), (3, None)):
            connection.execute(
                insert(slices).values(
                    shop_key=key(number),
                    stream=Stream.ORDERS.value,
                    window_end=NOW,
                    done_at=done_at,
                )
            )
    with filled.read() as connection:
        counted = count_streams_by_app(connection, now=NOW, targets=TARGETS)
        together = count_streams(connection, now=NOW, targets=TARGETS)
        history = count_open_history(connection)
    orders = counted[APP.app_id, Stream.ORDERS]

    assert set(counted) == {(APP.app_id, stream) for stream in Stream}
    # Of three that run: one is a minute old, one an hour, one has no watermark.
    assert dict(zip(FRESHNESS, orders.fresh, strict=True)) == {
        bound: (bound >= timedelta(minutes=1)) + (bound >= timedelta(hours=1))
        for bound in FRESHNESS
    }
    assert replace(orders, fresh=()) == together[Stream.ORDERS]
    assert history == {(APP.app_id, Stream.ORDERS): OpenHistory(slices=3, streams=2)}


def test_the_ages_of_each_shop_are_those_that_count(filled):
    """Of streams that run, and of sellers who are alive."""
    bury(filled, 3)
    change(filled, 1, Stream.ORDERS, next_run_at=None)
    with filled.read() as connection:
        ages = shop_ages(connection)

    assert len(ages.watermarks) == 7
    assert (key(1), "orders") not in ages.watermarks
    assert ages.watermarks[key(1), "products"] == NOW - timedelta(minutes=1)
    assert ages.ends == {
        key(number): NOW + timedelta(days=SHOPS[number][2]) for number in range(3)
    }


def test_reconciles_are_counted(filled):
    """Those that wait for a yes, and how long ago the oldest was finished."""
    change_reconciles(filled, 0, Stream.PRODUCTS, finished_at=NOW, withheld=12)
    change_reconciles(filled, 1, Stream.PRODUCTS, finished_at=NOW - timedelta(days=2))
    with filled.read() as connection:
        counted = count_reconciles(connection)

    assert counted == {
        Stream.PRODUCTS: ReconcileTally(withheld=1, oldest=NOW - timedelta(days=2))
    }


def change_reconciles(database, number, stream, **values):
    """Write the reconcile of a stream."""
    with database.write() as connection:
        connection.execute(
            insert(reconciles).values(
                shop_key=key(number), stream=stream.value, shown=b"", **values
            )
        )
