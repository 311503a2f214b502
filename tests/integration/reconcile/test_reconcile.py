"""Reconciles: what no window shows is found, whatever happens in the middle of a pass."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.reconcile.passes import (
    events,
    reconcile_once,
    request,
    shop_with,
    stored,
    told,
)
from tests.integration.simulation.days import SHOP
from worker.domain.errors import TooManyResults
from worker.domain.pages import StreamRules, Unreadable
from worker.store.export import changes_after
from worker.store.pages import write_page, write_unreadable
from worker.store.schema.reconciles import missing_records, sightings
from worker.store.schema.records import unreadable_rows

pytestmark = pytest.mark.integration

# Temu's goods: no filter by time, and buckets, each walked on its own.
READ_IN_FULL = StreamRules(has_update_filter=False)


def test_a_change_that_moves_no_time_is_found(forty):
    """Stock and price change so; no window ever shows it, and the repair is counted."""
    world = forty.marketplace.world
    world.update("p05", forty.clock.now, moves_time=False)
    forty.catch_up()
    assert set(forty.wrong()) == {"p05"}
    result = forty.reconcile()

    assert forty.wrong() == {}
    assert (result["added"], result["updated"], result["deleted"]) == (0, 1, 0)
    assert [name for name, _ in events(forty)] == ["reconciled"]
    with forty.database.read() as connection:
        last = changes_after(connection, 40, limit=9)
    assert [(row["id"], row["kind"]) for row in last] == [("p05", "updated")]


def test_a_row_later_than_the_overlap_is_found(forty):
    """Its update time is in a window that was read long ago."""
    forty.marketplace.world.update(
        "late", forty.clock.now, lateness=timedelta(minutes=20)
    )
    forty.work_for(timedelta(minutes=40))
    assert set(forty.wrong()) == {"late"}

    assert forty.reconcile()["added"] == 1
    assert forty.wrong() == {}


def test_a_pass_that_finds_nothing_writes_and_tells_nothing(forty):
    """Each row was read again, and each was the same."""
    result = forty.reconcile()

    assert result == {
        "pages": 6,
        "added": 0,
        "updated": 0,
        "deleted": 0,
        "gone": 0,
        "withheld": 0,
    }
    assert events(forty) == []
    assert stored(forty).next_run_at > forty.clock.now + timedelta(days=6)
    with forty.database.read() as connection:
        assert changes_after(connection, 40, limit=9) == []
        assert connection.execute(sightings.select()).all() == []


def test_an_expired_page_token_begins_the_walk_again(forty):
    """A pass that rested for longer than a token lives goes on."""
    forty.pages_per_turn = 2
    forty.every = timedelta(minutes=15)
    request(forty)
    reconcile_once(forty)
    forty.clock.pass_(timedelta(hours=1))
    forty.pages_per_turn = 99
    forty.every = timedelta(minutes=1)

    assert forty.reconcile()["withheld"] == 0
    assert told(forty) == []


def test_a_large_stream_is_walked_in_parts(database):
    """Each part fits under the cap, and the parts leave no gap."""
    with shop_with(database, 60, cap=10) as days:
        for record_id in ("p00", "p13", "p59"):
            days.marketplace.world.update(record_id, days.clock.now, moves_time=False)
        result = days.reconcile()

        assert (result["updated"], result["withheld"]) == (3, 0)
        assert days.marketplace.calls["by_id"] == 0
        assert days.wrong() == {}


def test_a_row_that_can_be_read_now_leaves_the_quarantine(forty):
    """Its payload is stored where it belongs."""
    unread = Unreadable(record_id="p05", reason="status is unknown", raw=b"{}")
    other = Unreadable(record_id="p99", reason="status is unknown", raw=b"{}")
    with forty.database.write() as connection:
        write_unreadable(
            connection,
            forty.stream,
            [unread, other],
            shop_key=SHOP.shop_key,
            now=forty.clock.now,
        )
    forty.reconcile()

    with forty.database.read() as connection:
        kept = connection.execute(unreadable_rows.select()).all()
    assert [row.record_id for row in kept] == ["p99"]


def test_a_slow_pass_does_not_undo_a_newer_pull(forty):
    """The page was asked for before the pull, and is written after it."""
    world = forty.marketplace.world
    world.update("p05", forty.clock.now, moves_time=False)
    stale = world.truth["p05"]
    world.catch_up(forty.clock.now)

    def overtake(page):
        """Let another reader bring a newer state of the same second meanwhile."""
        if not any(record.record_id == "p05" for record in page.records):
            return page
        forty.clock.pass_(timedelta(seconds=1))
        newer = replace(stale, number=stale.number + 1)
        with forty.database.write() as connection:
            write_page(
                connection,
                forty.stream,
                [forty.marketplace.record(newer)],
                marketplace="simulated",
                shop_key=SHOP.shop_key,
                now=forty.clock.now,
            )
        world.truth["p05"] = newer
        return page

    forty.marketplace.falsify = overtake
    request(forty)
    forty.reconcile_due()

    assert forty.wrong() == {}


def test_what_cannot_be_filtered_is_never_cut(database):
    """Half of it would look as if the rest was missing."""
    with shop_with(database, 40, rules=READ_IN_FULL) as days:
        days.marketplace.cap = 20
        request(days)
        days.reconcile_due()

        assert isinstance(days.reconciles[-1].error, TooManyResults)
        with database.read() as connection:
            assert connection.execute(missing_records.select()).all() == []
