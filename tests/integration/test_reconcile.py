"""Reconciles: what no window shows is found, and nothing is deleted that may still exist."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.simulation.clocks import virtual_time
from tests.integration.simulation.days import SHOP, Days
from tests.integration.simulation.marketplace import SimulatedMarketplace
from tests.integration.simulation.world import World
from worker.domain.errors import RetryLater, ScopeMissing, TooManyResults
from worker.domain.pages import StreamRules, Unreadable
from worker.domain.records import Stream
from worker.store.events import recent_events
from worker.store.export import changes_after, export
from worker.store.pages import write_page, write_unreadable
from worker.store.reconcile_claims import claim_reconcile
from worker.store.reconciles import find_reconcile, request_reconcile
from worker.store.schema.reconciles import missing_records, reconciles, sightings
from worker.store.schema.records import unreadable_rows
from worker.store.shops import pause_shop, remove_shop
from worker.store.streams import find_stream
from worker.store.waiting_reconciles import add_reconciles, claim_due_reconciles

pytestmark = pytest.mark.integration

# Temu's goods: no filter by time, and buckets, each walked on its own.
READ_IN_FULL = StreamRules(has_update_filter=False)


@contextmanager
def shop_with(database, products=0, *, stream=Stream.PRODUCTS, **options):
    """Open a shop whose records were all pulled a while ago."""
    with virtual_time(database) as clock:
        world = World()
        for number in range(products):
            world.update(f"p{number:02}", clock.now + timedelta(minutes=number))
        clock.pass_(timedelta(hours=2))
        marketplace = SimulatedMarketplace(
            world=world,
            clock=clock,
            chance=random.Random(1),  # noqa: S311 -- a simulation, and it must repeat
            stream=stream,
            page_size=7,
            **options,
        )
        days = Days(database=database, clock=clock, marketplace=marketplace)
        days.connect()
        days.catch_up()
        yield days


@pytest.fixture
def forty(database) -> Iterator[Days]:
    """Return a shop with forty products."""
    with shop_with(database, 40) as days:
        yield days


def statuses(days):
    """Return how many products have which status."""
    with days.database.read() as connection:
        rows = list(export(connection, Stream.PRODUCTS))
    return {
        status: sum(row["status"] == status for row in rows)
        for status in ("live", "deleted")
    }


def events(days):
    """Return the names of what an operator was told, oldest first, and the details."""
    with days.database.read() as connection:
        found = recent_events(connection, limit=99)[::-1]
    return [(event.name, event.detail) for event in found]


def told(days):
    """Return the names of what an operator was told."""
    return [name for name, _ in events(days) if name != "reconciled"]


def stored(days):
    """Return the reconcile's row."""
    with days.database.read() as connection:
        found = find_reconcile(connection, SHOP.shop_key, days.stream)
    assert found is not None
    return found


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


def request(days):
    """Make the reconcile due."""
    with days.database.write() as connection:
        request_reconcile(connection, SHOP.shop_key, days.stream, now=days.clock.now)


def last_turn(days):
    """Return what the last turn did."""
    done = days.reconciles[-1].reconciled
    assert done is not None
    return done


def reconcile_once(days):
    """Take the turns that are due; the first time, make one due."""
    with days.database.read() as connection:
        known = find_reconcile(connection, SHOP.shop_key, days.stream)
    if known is None:
        request(days)
    days.reconcile_due()


def test_streams_get_a_reconcile_within_their_first_interval(forty):
    """Not all at once, and each only once."""
    every = {Stream.ORDERS: timedelta(days=7), Stream.PRODUCTS: timedelta(days=1)}
    now = forty.clock.now
    for _ in range(2):
        with forty.database.write() as connection:
            add_reconciles(connection, every, now=now, limit=9)

    assert now + timedelta(hours=12) <= stored(forty).next_run_at
    assert stored(forty).next_run_at <= now + timedelta(days=1)


def due(days, *, token="mine", at_once=9):
    """Claim what is due."""
    with days.database.write() as connection:
        return claim_due_reconciles(
            connection,
            token=token,
            now=days.clock.now,
            until=days.clock.now + timedelta(minutes=3),
            at_once=at_once,
        )


def test_a_reconcile_has_one_owner_until_its_lease_ends(forty):
    """Then the next worker goes on with it."""
    request(forty)
    assert len(due(forty)) == 1
    assert due(forty) == []
    forty.clock.pass_(timedelta(minutes=4))

    assert len(due(forty, token="another")) == 1


def test_only_so_many_run_at_once(forty):
    """A slow pass must leave the workers to the live pulls."""
    request(forty)
    with forty.database.write() as connection:
        request_reconcile(connection, SHOP.shop_key, Stream.ORDERS, now=forty.clock.now)

    assert len(due(forty, at_once=1)) == 1
    assert due(forty, at_once=1) == []
    assert len(due(forty, at_once=2)) == 1


def test_a_reconcile_rests_with_its_stream(forty):
    """A paused shop costs no calls."""
    request(forty)
    with forty.database.write() as connection:
        pause_shop(connection, SHOP.shop_key, reason="by the operator")

    assert due(forty) == []


def test_nothing_of_a_removed_shop_is_left(forty):
    """Neither its reconcile nor what was missing."""
    forty.marketplace.falsify = emptied
    forty.reconcile()
    with forty.database.write() as connection:
        remove_shop(connection, SHOP.shop_key)

    with forty.database.read() as connection:
        for table in (reconciles, missing_records, sightings):
            assert connection.execute(table.select()).all() == []


def test_a_message_that_comes_twice_finds_nothing_to_do(forty):
    """Its token was swapped for another one."""
    request(forty)
    due(forty, token="handed")
    claims = []
    for _ in range(2):
        with forty.database.write() as connection:
            claims.append(
                claim_reconcile(
                    connection,
                    SHOP.shop_key,
                    forty.stream,
                    token="new",
                    now=forty.clock.now,
                    until=forty.clock.now,
                    handed="handed",
                )
            )

    assert [claim is not None for claim in claims] == [True, False]


def test_a_stream_that_was_never_complete_waits(database):
    """There is nothing to compare with."""
    with virtual_time(database) as clock:
        days = Days(
            database=database,
            clock=clock,
            marketplace=SimulatedMarketplace(
                world=World(),
                clock=clock,
                chance=random.Random(1),  # noqa: S311 -- a simulation
            ),
        )
        days.connect()
        reconcile_once(days)

        assert last_turn(days).waits
        with database.read() as connection:
            stream = find_stream(connection, SHOP.shop_key, days.stream)
        assert stream is not None
        assert stream.last_error is None
