"""Erasing a shop leaves nothing of it: in tables, in events, in the database's files."""

from pathlib import Path

import pytest

from tests.integration.store.made_up import (
    APP,
    DAY,
    NOW,
    SHOP_KEY,
    grant,
    line,
    order,
    shop,
    write,
)
from worker.store.erasure import empty_log, erase_shop, was_connected
from worker.store.events import recent_events, record_event
from worker.store.grants import adopt_grant
from worker.store.removal import remove_shop
from worker.store.schema.feed import events
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

CANARY = "canary-of-a-buyer"
SELLER = "canary-of-a-seller"


@pytest.fixture
def remembered(connected):
    """Return the database with orders, and with events about the shop and its seller."""
    for number in range(40):
        note = f"{CANARY} {number} " * 200
        write(connected, order(str(number), buyer_note=note, lines=(line(title=note),)))
    with connected.write() as connection:
        for name, subject in (("seller", SELLER), ("another", "Ann")):
            record_event(
                connection,
                "seller_connected",
                now=NOW,
                app_id=APP.app_id,
                detail={"subject": name, "name": subject},
            )
        record_event(
            connection,
            "pull_failed",
            now=NOW,
            shop_key=SHOP_KEY,
            app_id=APP.app_id,
            detail={"reason": CANARY},
        )
    return connected


def erase(database):
    """Erase the shop as the command does."""
    with database.write() as connection:
        erase_shop(connection, SHOP_KEY)
    empty_log(database)


def details(database):
    """Return what events tell, oldest first."""
    with database.read() as connection:
        return [event.detail for event in recent_events(connection, limit=9)][::-1]


def test_events_are_blanked_not_lost(remembered):
    """What happened and when may be asked later; of other sellers everything stays."""
    erase(remembered)

    assert details(remembered) == [
        {"subject": "seller"},
        {"subject": "another", "name": "Ann"},
        {},
    ]


def test_a_seller_with_another_shop_stays(remembered, seller):
    """Only what is about the shop goes."""
    with remembered.write() as connection:
        remember_shops(connection, seller, [shop("2")], now=NOW, takes=True)
    erase(remembered)

    assert details(remembered)[0] == {"subject": "seller", "name": SELLER}
    assert details(remembered)[2] == {}


def test_a_shop_that_was_removed_before_can_still_be_erased(remembered):
    """Its events were left."""
    with remembered.write() as connection:
        remove_shop(connection, SHOP_KEY)
        was_there = was_connected(connection, SHOP_KEY)
        was_not = was_connected(connection, "tiktok_shop:default:404")
    erase(remembered)

    assert (was_there, was_not) == (True, False)
    assert details(remembered)[2] == {}


def test_a_seller_who_comes_back_is_a_new_one(remembered, sealer):
    """Erasing forbids nothing."""
    erase(remembered)
    with remembered.write() as connection:
        number = adopt_grant(
            connection, APP, grant(), sealer=sealer, now=NOW, refresh_at=NOW + DAY
        )
        remember_shops(connection, number, [shop()], now=NOW, takes=True)

    assert write(remembered, order()).added == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_files_do_not_have_it_either(remembered):
    """SQLite would leave the bytes of deleted rows until it needs their place."""
    file = Path(remembered.engine.url.database)

    def bytes_on_disk():
        return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))

    before = bytes_on_disk()
    erase(remembered)
    with remembered.write() as connection:
        connection.execute(events.delete())
    after = bytes_on_disk()

    assert CANARY.encode() in before
    assert CANARY.encode() not in after
