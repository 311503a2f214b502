"""Shops: found, paused, resumed, suspended with their authorization, removed."""

from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from tests.integration.store.made_up import (
    APP,
    DAY,
    NOW,
    SHOP_KEY,
    grant,
    line,
    order,
    product,
    shop,
    variant,
    write,
)
from worker.domain.errors import LeaseLost
from worker.domain.pages import Unreadable
from worker.domain.records import Stream
from worker.store.authorizations import all_authorizations
from worker.store.claims import claim_stream, save_progress
from worker.store.giving_back import finish_pull
from worker.store.grants import adopt_grant
from worker.store.pages import write_page, write_unreadable
from worker.store.progress import Progress
from worker.store.removal import remove_shop
from worker.store.resting import (
    pause_shop,
    resume_shop,
    revive_streams,
    suspend_streams,
)
from worker.store.schema import metadata
from worker.store.shops import all_shops, find_shop, remember_shops, shop_keys, shops_of
from worker.store.streams import all_streams, find_stream

pytestmark = pytest.mark.integration

OTHER = shop("2").shop_key


def due(database):
    """Return when each stream is due."""
    with database.read() as connection:
        return {
            (row.shop_key, row.stream): row.next_run_at
            for row in all_streams(connection)
        }


def claim(connection):
    """Claim the shop's orders."""
    return claim_stream(
        connection, SHOP_KEY, Stream.ORDERS, token="t", now=NOW, until=NOW + DAY
    )


def find(connection):
    """Return the shop, which is there."""
    return find_shop(connection, SHOP_KEY)


def find_orders(connection):
    """Return the shop's orders stream, which is there."""
    return find_stream(connection, SHOP_KEY, Stream.ORDERS)


def row_counts(database):
    """Return the tables that hold something."""
    with database.read() as connection:
        counts = {
            name: connection.execute(
                select(func.count()).select_from(table)
            ).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


@pytest.fixture
def two_shops(connected, seller):
    """Return the database with another shop of the same seller."""
    with connected.write() as connection:
        remember_shops(connection, seller, [shop("2")], now=NOW, takes=True)
    return connected


def test_a_shop_comes_back_as_it_was_found(database, seller):
    """With the authorization and the app that it hangs on."""
    found = shop(name="Tea & Mugs ☕", region="GB", cipher="made up")
    with database.write() as connection:
        added = remember_shops(connection, seller, [found], now=NOW, takes=True)
        stored = find_shop(connection, SHOP_KEY)

    assert added == [SHOP_KEY]
    assert stored is not None
    assert stored.shop == found
    assert (stored.authorization_id, stored.app_id) == (seller, APP.app_id)
    assert stored.paused is None


def test_finding_a_shop_again_keeps_what_is_known_of_it(connected, seller):
    """Its name may change; its streams go on where they are."""
    with connected.write() as connection:
        held = claim(connection)
        save_progress(connection, held, Progress(watermark=NOW))
        added = remember_shops(
            connection,
            seller,
            [shop(name="New name"), shop("2")],
            now=NOW + DAY,
            takes=True,
        )
        stored = find(connection)
        progress = find_orders(connection).progress

    assert added == [OTHER]
    assert stored.shop.name == "New name"
    assert progress.watermark == NOW


def test_a_shop_can_move_to_another_authorization(connected, sealer, seller):
    """Its seller has authorised under another account."""
    with connected.write() as connection:
        other = adopt_grant(
            connection, APP, grant("other"), sealer=sealer, now=NOW, refresh_at=NOW
        )
        remember_shops(connection, other, [shop()], now=NOW, takes=True)
        keys = shop_keys(connection, seller), shop_keys(connection, other)

    assert keys == ([], [SHOP_KEY])


def test_shops_are_listed_by_key(two_shops, seller):
    """All of them, or those of one seller."""
    with two_shops.read() as connection:
        listed = [found.shop.shop_key for found in all_shops(connection)]
        of_seller = {found.shop.shop_key for found in shops_of(connection, seller)}
        missing = find_shop(connection, "tiktok_shop:default:404")

    assert listed == [SHOP_KEY, OTHER]
    assert of_seller == {SHOP_KEY, OTHER}
    assert missing is None


def test_a_paused_shop_is_not_pulled_until_it_is_resumed(two_shops):
    """The other one is."""
    with two_shops.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="by the operator")
        reason = find(connection).paused
    paused = due(two_shops)
    with two_shops.write() as connection:
        resume_shop(connection, SHOP_KEY, now=NOW + DAY)
        resumed_reason = find(connection).paused

    assert (reason, resumed_reason) == ("by the operator", None)
    assert paused == {
        (SHOP_KEY, Stream.ORDERS): None,
        (SHOP_KEY, Stream.PRODUCTS): None,
        (OTHER, Stream.ORDERS): NOW,
        (OTHER, Stream.PRODUCTS): NOW,
    }
    assert due(two_shops)[SHOP_KEY, Stream.ORDERS] == NOW + DAY


def test_resuming_a_shop_also_enables_its_streams(connected):
    """Somebody has given the missing scope."""
    with connected.write() as connection:
        held = claim(connection)
        finish_pull(
            connection, held, now=NOW, next_run_at=None, failures=3, disabled="no scope"
        )
        resume_shop(connection, SHOP_KEY, now=NOW)
        row = find_orders(connection)

    assert (row.disabled, row.failures, row.next_run_at) == (None, 0, NOW)


def test_the_shops_of_a_dead_authorization_rest_until_it_lives_again(two_shops, seller):
    """Those that are paused stay so."""
    with two_shops.write() as connection:
        pause_shop(connection, OTHER, reason="by the operator")
        suspend_streams(connection, shop_keys(connection, seller))
    dead = due(two_shops)
    with two_shops.write() as connection:
        revive_streams(connection, seller, now=NOW + DAY)

    assert set(dead.values()) == {None}
    assert due(two_shops) == {
        (SHOP_KEY, Stream.ORDERS): NOW + DAY,
        (SHOP_KEY, Stream.PRODUCTS): NOW + DAY,
        (OTHER, Stream.ORDERS): None,
        (OTHER, Stream.PRODUCTS): None,
    }


def fill(database, shop_key):
    """Give a shop something in every table."""
    write(database, order(lines=(line(),)), shop_key=shop_key)
    write(database, product(variants=(variant(),)), shop_key=shop_key)
    odd = Unreadable(record_id=None, reason="odd", raw=b"{}")
    with database.write() as connection:
        write_unreadable(connection, Stream.ORDERS, [odd], shop_key=shop_key, now=NOW)


def test_a_removed_shop_leaves_nothing_behind(two_shops):
    """The other one keeps everything, and so does its authorization."""
    fill(two_shops, OTHER)
    before = row_counts(two_shops)
    fill(two_shops, SHOP_KEY)
    with two_shops.write() as connection:
        remove_shop(connection, SHOP_KEY)

    assert row_counts(two_shops) == before | {"shops": 1, "streams": 2}
    with two_shops.read() as connection:
        assert find_shop(connection, SHOP_KEY) is None


def test_the_authorization_goes_with_its_last_shop(two_shops):
    """And everything that hangs on it."""
    for shop_key in (SHOP_KEY, OTHER):
        fill(two_shops, shop_key)
        with two_shops.write() as connection:
            remove_shop(connection, shop_key)

    assert row_counts(two_shops) == {"apps": 1}
    with two_shops.read() as connection:
        assert all_authorizations(connection) == []


def test_removing_a_shop_that_is_not_there_does_nothing(connected):
    """It may have been removed twice."""
    before = row_counts(connected)
    with connected.write() as connection:
        remove_shop(connection, "tiktok_shop:default:404")

    assert row_counts(connected) == before


def test_a_page_that_is_being_written_is_removed_too(connected, seller):
    """It commits while the shop is being removed; the next one is refused."""
    with connected.write() as connection:
        remember_shops(connection, seller, [shop("2")], now=NOW, takes=True)
    is_writing = Event()

    def remove():
        is_writing.wait()
        with connected.write() as connection:
            remove_shop(connection, SHOP_KEY)

    remover = Thread(target=remove)
    remover.start()
    with connected.write() as connection:
        write_page(
            connection,
            Stream.ORDERS,
            [order(str(number)) for number in range(50)],
            marketplace="tiktok_shop",
            shop_key=SHOP_KEY,
            now=NOW,
        )
        is_writing.set()
        # The remover is now at the first row that this transaction holds, or will be.
        remover.join(0.3)
    remover.join()

    with pytest.raises(LeaseLost):
        write(connected, order("late"))
    assert row_counts(connected) == {
        "apps": 1,
        "authorizations": 1,
        "shops": 1,
        "streams": 2,
    }
