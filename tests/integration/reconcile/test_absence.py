"""What a reconcile does not see: nothing is deleted that may still exist."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.reconcile.passes import (
    events,
    last_turn,
    reconcile_once,
    shop_with,
    statuses,
    stored,
    told,
)
from tests.integration.simulation.days import SHOP
from worker.domain.errors import RetryLater, ScopeMissing
from worker.domain.pages import StreamRules, Unreadable
from worker.domain.records import Stream
from worker.store.export import changes_after, export
from worker.store.reconciles import request_reconcile
from worker.store.schema.reconciles import missing_records

pytestmark = pytest.mark.integration

# Temu's goods: no filter by time, and buckets, each walked on its own.
READ_IN_FULL = StreamRules(has_update_filter=False)


@pytest.mark.parametrize("rules", [None, READ_IN_FULL])
def test_what_is_gone_is_deleted_after_a_question_by_id(database, rules):
    """With a change that says so; the row, its variants and its payload stay."""
    options = {} if rules is None else {"rules": rules}
    with shop_with(database, 40, **options) as days:
        days.marketplace.world.update("p05", days.clock.now, deleted=True)
        days.catch_up()
        assert statuses(days) == {"live": 40, "deleted": 0}
        result = days.reconcile()

        assert result["deleted"] == 1
        assert days.marketplace.calls["by_id"] == 1
        assert statuses(days) == {"live": 39, "deleted": 1}
        with days.database.read() as connection:
            (change,) = changes_after(connection, 40, limit=9)
            rows = list(export(connection, Stream.PRODUCTS))
            assert connection.execute(missing_records.select()).all() == []
        assert (change["id"], change["kind"]) == ("p05", "deleted")
        assert change["fields"]["status"] == ["live", "deleted"]
        (row,) = [row for row in rows if row["status"] == "deleted"]
        assert change["fields"]["deleted_at"] == [None, row["deleted_at"]]
        assert len(row["variants"]) == 1
        days.reconcile()
        assert days.marketplace.calls["by_id"] == 1


def test_what_is_shown_again_lives_again(forty):
    """Even if it is just as it was."""
    forty.marketplace.hidden = {"p05"}
    forty.reconcile()
    assert statuses(forty) == {"live": 39, "deleted": 1}
    forty.marketplace.hidden = set()
    forty.reconcile()

    assert statuses(forty) == {"live": 40, "deleted": 0}
    assert forty.wrong() == {}


def test_what_the_list_hides_and_the_id_shows_stays(forty):
    """The list was wrong about a few: the question by id has the last word."""

    def hide(page):
        """Leave the first of each page out, and do not count it."""
        if page.total != 40:
            return page
        return replace(page, records=page.records[1:], total=34)

    forty.marketplace.falsify = hide
    result = forty.reconcile()

    assert (result["deleted"], result["withheld"]) == (0, 0)
    assert forty.marketplace.calls["by_id"] == 1
    assert statuses(forty) == {"live": 40, "deleted": 0}
    assert told(forty) == []


def emptied(page):
    """Return the page of a list that has forgotten everything."""
    return replace(page, records=(), next_cursor=None, total=0)


def test_an_empty_list_deletes_nothing_and_tells_once(forty):
    """Whatever it counts, and however often it comes; nobody is asked for 40 by id."""
    forty.marketplace.falsify = emptied
    results = [forty.reconcile() for _ in range(3)]

    assert [result["withheld"] for result in results] == [40, 40, 40]
    assert statuses(forty) == {"live": 40, "deleted": 0}
    assert told(forty) == ["deletions_withheld"]
    (_, detail) = events(forty)[0]
    assert (detail["missing"], detail["held"]) == (40, 40)
    assert f"--shop {SHOP.shop_key} --confirm-deletions" in detail["advice"]
    assert forty.marketplace.calls["by_id"] == 0
    assert stored(forty).withheld == 40


def test_a_list_that_is_whole_again_ends_the_withholding(forty):
    """Nothing is missing any more, and the next empty list would be told again."""
    forty.marketplace.falsify = emptied
    forty.reconcile()
    forty.marketplace.falsify = lambda page: page
    forty.reconcile()

    assert stored(forty).withheld is None
    with forty.database.read() as connection:
        assert connection.execute(missing_records.select()).all() == []
    forty.marketplace.falsify = emptied
    forty.reconcile()
    assert told(forty) == ["deletions_withheld"] * 2


def test_an_empty_list_of_a_small_shop_deletes_nothing(database):
    """Few are asked for by id, and they are there."""
    with shop_with(database, 10) as days:
        days.marketplace.falsify = emptied
        result = days.reconcile()

        assert (result["deleted"], result["withheld"]) == (0, 0)
        assert statuses(days) == {"live": 10, "deleted": 0}


def test_an_operator_confirms_that_a_shop_was_emptied(forty):
    """The list and each id agree, and somebody has said yes."""
    for record_id in list(forty.marketplace.world.truth):
        forty.marketplace.world.update(record_id, forty.clock.now, deleted=True)
    forty.reconcile()
    assert statuses(forty) == {"live": 40, "deleted": 0}
    with forty.database.write() as connection:
        request_reconcile(
            connection, SHOP.shop_key, forty.stream, now=forty.clock.now, confirm=True
        )
    result = forty.reconcile()

    assert result["deleted"] == 40
    assert statuses(forty) == {"live": 0, "deleted": 40}
    assert not stored(forty).confirmed
    assert stored(forty).withheld is None


def test_a_confirmation_does_not_delete_what_the_marketplace_knows(forty):
    """The empty list was a lie, and the operator believed it."""
    forty.marketplace.falsify = emptied
    forty.reconcile()
    with forty.database.write() as connection:
        request_reconcile(
            connection, SHOP.shop_key, forty.stream, now=forty.clock.now, confirm=True
        )

    assert forty.reconcile()["deleted"] == 0
    assert statuses(forty) == {"live": 40, "deleted": 0}


def test_a_walk_that_is_cut_short_deletes_nothing_and_tells_once(forty):
    """It counts them and shows none: no part of it is ever complete."""
    forty.marketplace.falsify = lambda page: replace(page, records=(), next_cursor=None)
    for _ in range(30):
        forty.clock.pass_(timedelta(hours=6))
        reconcile_once(forty)

    assert isinstance(forty.reconciles[-1].error, RetryLater)
    assert statuses(forty) == {"live": 40, "deleted": 0}
    assert told(forty) == ["reconcile_failed"]


def test_a_scope_that_is_revoked_in_the_middle_deletes_nothing_and_tells_once(forty):
    """The pull meets it too, and is who tells it; the reconcile rests with the stream."""
    forty.marketplace.world.update("p05", forty.clock.now, deleted=True)

    def revoke():
        if forty.marketplace.calls["page"] > before + 3:
            raise ScopeMissing("products", "no scope", code=105005)

    before = forty.marketplace.calls["page"]
    forty.marketplace.before_answer = revoke
    reconcile_once(forty)
    assert isinstance(forty.reconciles[-1].error, ScopeMissing)
    for _ in range(9):
        forty.tick()
        reconcile_once(forty)
        forty.clock.pass_(timedelta(hours=1))

    assert statuses(forty) == {"live": 40, "deleted": 0}
    assert told(forty) == ["pull_failed"]
    assert len(forty.reconciles) == 1


def test_nothing_is_settled_before_the_live_pulls_have_looked_again(forty):
    """What seems to be missing may have moved on while the list was read."""
    forty.marketplace.world.update("p05", forty.clock.now, deleted=True)
    reconcile_once(forty)
    assert last_turn(forty).waits
    assert statuses(forty) == {"live": 40, "deleted": 0}
    forty.catch_up()
    reconcile_once(forty)

    assert last_turn(forty).complete
    assert statuses(forty) == {"live": 39, "deleted": 1}


def test_a_row_that_moves_on_while_the_list_is_read_is_not_missing(forty):
    """The live pull brings it before anybody is asked."""
    world = forty.marketplace.world
    left = forty.marketplace.calls["page"] + 2

    def move():
        if forty.marketplace.calls["page"] == left:
            world.update("p39", forty.clock.now)

    forty.marketplace.before_answer = move
    assert forty.reconcile()["deleted"] == 0
    assert forty.marketplace.calls["by_id"] == 0
    assert forty.wrong() == {}


def test_orders_that_are_gone_are_told_and_stay(database):
    """No marketplace deletes orders; what nobody knows any more is still history."""
    with shop_with(database, 40, stream=Stream.ORDERS) as days:
        days.marketplace.world.update("p05", days.clock.now, deleted=True)
        result = days.reconcile()
        days.reconcile()

        assert result["gone"] == 1
        assert len(days.stored()) == 40
        assert told(days) == ["orders_gone"]
        assert events(days)[0][1]["order_ids"] == ["p05"]


def test_orders_that_are_all_missing_are_told_once(database):
    """An empty list is as suspicious of orders; it is only not about deleting."""
    with shop_with(database, 40, stream=Stream.ORDERS) as days:
        days.marketplace.falsify = emptied
        results = [days.reconcile() for _ in range(2)]

        assert [result["withheld"] for result in results] == [40, 40]
        assert told(days) == ["orders_missing"]
        assert days.marketplace.calls["by_id"] == 0


def test_orders_older_than_the_range_are_not_asked_for_again(database):
    """What is gone is told once, and not followed for ever."""
    with shop_with(database, 40, stream=Stream.ORDERS) as days:
        days.marketplace.world.update("p05", days.clock.now, deleted=True)
        days.reconcile()
        asked = days.marketplace.calls["by_id"]
        for _ in range(2):
            days.clock.pass_(timedelta(days=9))
            days.catch_up()
            days.reconcile()

        assert (asked, days.marketplace.calls["by_id"]) == (1, 2)
        with database.read() as connection:
            assert connection.execute(missing_records.select()).all() == []


def test_rows_without_a_count_prove_no_absence(forty):
    """A list that does not say how long it is may have been cut short."""
    forty.marketplace.falsify = lambda page: replace(
        page, records=page.records[:3], next_cursor=None, total=None
    )
    result = forty.reconcile()

    assert (result["deleted"], result["withheld"]) == (0, 0)
    with forty.database.read() as connection:
        assert connection.execute(missing_records.select()).all() == []


def test_a_row_that_cannot_be_read_is_not_missing(forty):
    """The list has shown it; and without its id it could be any of them."""

    def spoil(page):
        """Make nonsense of two rows, one of them without an id."""
        if page.total != 40:
            return page
        named = Unreadable(
            record_id=page.records[0].record_id, reason="no status", raw=b"{}"
        )
        nameless = Unreadable(record_id=None, reason="no id", raw=b"null")
        return replace(page, records=page.records[2:], unreadable=(named, nameless))

    forty.marketplace.falsify = spoil
    result = forty.reconcile()

    assert (result["deleted"], result["withheld"]) == (0, 0)
    assert forty.marketplace.calls["by_id"] == 0
    assert forty.wrong() == {}
