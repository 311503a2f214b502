"""Pulls against a marketplace that changes while it is read; real database, no HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.simulated import (
    LONG_AGO,
    NOW,
    SHOP,
    Killed,
    SimulatedMarketplace,
    catch_up,
    claim,
    connect,
    many,
    minutes_ago,
    order,
    rest,
    stored,
    stream,
    truth,
    turn,
)
from worker.domain.errors import (
    BudgetExhausted,
    LeaseLost,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    Throttled,
)
from worker.domain.pages import Page
from worker.domain.records import Stream
from worker.store import shops
from worker.store.events import recent_events
from worker.store.export import changes_after
from worker.store.schema.feed import changes
from worker.store.schema.records import orders as order_rows
from worker.store.schema.records import unreadable_rows
from worker.store.streams import find_stream, request_again
from worker.sync.pulled import Pulled

pytestmark = pytest.mark.integration


@pytest.fixture
def connected(database):
    """Return the database with one shop in it."""
    connect(database)
    return database


@pytest.fixture
def rested(connected):
    """Return the same with a stream that has 40 days to catch up: two windows."""
    rest(connected, NOW - timedelta(days=40))
    return connected


def test_the_first_pull_leaves_history_to_slices(connected):
    """The live window is up to date at once, whatever lies before it."""
    marketplace = SimulatedMarketplace(many(10))
    marketplace.times["live"] = minutes_ago(2)
    result = turn(connected, marketplace)

    assert result.pulled is not None
    assert result.pulled.up_to_date
    assert set(stored(connected)) == {"live"}
    assert stream(connected).progress.watermark >= NOW
    assert stream(connected).next_run_at > NOW + timedelta(minutes=4)


def test_slices_bring_the_whole_history(connected):
    """Live pull and slices together leave nothing out."""
    marketplace = SimulatedMarketplace(many(10))
    catch_up(connected, marketplace)

    assert stored(connected) == truth(marketplace)


def test_what_did_not_change_is_no_change(connected):
    """The overlap reads rows again; nobody is told."""
    marketplace = SimulatedMarketplace({"a": minutes_ago(2)})
    turn(connected, marketplace)
    turn(connected, marketplace)

    with connected.read() as connection:
        found = changes_after(connection, 0, limit=99)
    assert [(change["id"], change["kind"]) for change in found] == [("a", "added")]


def test_an_update_is_a_change_with_old_and_new(connected):
    """Per field."""
    old, new = minutes_ago(2), minutes_ago(1)
    marketplace = SimulatedMarketplace({"a": old})
    turn(connected, marketplace)
    marketplace.times["a"] = new
    turn(connected, marketplace)

    with connected.read() as connection:
        (found,) = changes_after(connection, 1, limit=99)
    assert found["kind"] == "updated"
    assert found["fields"]["marketplace_status"] == [old.isoformat(), new.isoformat()]


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_a_kill_at_any_call_loses_and_doubles_nothing(rested, killed_at):
    """The next worker goes on at the page that was not committed."""
    marketplace = SimulatedMarketplace(many(10), before={killed_at: Killed()})
    with pytest.raises(Killed):
        turn(rested, marketplace)
    turn(rested, marketplace)

    assert stored(rested) == truth(marketplace)
    with rested.read() as connection:
        told = [change["id"] for change in changes_after(connection, 0, limit=999)]
    assert sorted(told) == sorted(marketplace.times)
    # Two windows, three rows a page: 4 + 1 calls, and the interrupted one; if a second has
    # passed meanwhile, one more for it.
    assert marketplace.calls in {6, 7}


def test_a_worker_that_was_taken_for_dead_writes_nothing(rested):
    """Its lease is somebody else's when its page arrives."""
    marketplace = SimulatedMarketplace(many(10))
    marketplace.before[2] = lambda: claim(rested, "another") and None
    result = turn(rested, marketplace)

    assert isinstance(result.error, LeaseLost)
    assert len(stored(rested)) == 3
    assert stream(rested).lease_token == "another"


def test_a_deadline_stops_at_a_page_and_is_due_again(rested):
    """The rest follows in the next turn, from where this one stopped."""
    marketplace = SimulatedMarketplace(many(10))
    pages: list[Pulled] = []
    first = turn(
        rested,
        marketplace,
        should_stop=lambda: len(pages) == 2,
        on_page=pages.append,
    )
    assert first.pulled is not None
    assert not first.pulled.up_to_date
    assert stream(rested).next_run_at <= datetime.now(UTC)
    assert len(stored(rested)) == 6

    turn(rested, marketplace)
    assert stored(rested) == truth(marketplace)


def test_a_capped_window_is_cut_until_it_fits(rested):
    """Nothing is silently left out."""
    marketplace = SimulatedMarketplace(many(30, step=timedelta(hours=1)), cap=4)
    turn(rested, marketplace)

    assert stored(rested) == truth(marketplace)


def test_reading_again_is_cut_too_and_still_complete(connected):
    """`--since` over a capped window brings all of it."""
    marketplace = SimulatedMarketplace(many(30, step=timedelta(hours=1)))
    catch_up(connected, marketplace)
    with connected.write() as connection:
        connection.execute(order_rows.delete())
        request_again(
            connection,
            SHOP.shop_key,
            Stream.ORDERS,
            now=NOW,
            since=LONG_AGO - timedelta(days=1),
        )
    marketplace.cap = 4
    turn(connected, marketplace)

    assert stored(connected) == truth(marketplace)
    assert stream(connected).since is None


def test_a_looping_page_token_ends(rested):
    """The walk begins again instead of going round for ever."""
    marketplace = SimulatedMarketplace(many(10))
    loop = Page(
        records=(order("o003", LONG_AGO + timedelta(hours=60)),),
        next_cursor="3",
        total=10,
    )
    marketplace.before = {2: loop, 3: loop}
    result = turn(rested, marketplace)

    assert result.pulled is not None
    assert result.pulled.restarts >= 1
    assert stored(rested) == truth(marketplace)


def test_rows_that_never_stop_changing_end_in_smaller_windows(rested):
    """A restless second cannot hold up the rest of history."""
    marketplace = SimulatedMarketplace(many(10))
    restless = NOW - timedelta(minutes=1)

    def change():
        marketplace.times["o000"] = restless + timedelta(milliseconds=marketplace.calls)

    marketplace.before = dict.fromkeys(range(2, 30), change)
    turn(rested, marketplace)

    assert set(stored(rested)) == set(marketplace.times)


def test_a_row_that_cannot_be_read_is_kept_and_the_page_goes_on(rested):
    """With its payload and the reason."""
    marketplace = SimulatedMarketplace(many(4), broken=frozenset({"o001"}))
    result = turn(rested, marketplace)

    assert result.pulled is not None
    assert result.pulled.up_to_date
    assert set(stored(rested)) == {"o000", "o002", "o003"}
    with rested.read() as connection:
        (kept,) = connection.execute(unreadable_rows.select()).all()
    assert (kept.record_id, kept.reason) == ("o001", "no status")


def test_a_missing_scope_stops_this_stream_only(connected):
    """With the reason, and one event."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = ScopeMissing("orders", "no scope", code=105005)
    turn(connected, marketplace)

    assert "no scope" in stream(connected).disabled
    assert stream(connected).next_run_at is None
    with connected.read() as connection:
        products = find_stream(connection, SHOP.shop_key, Stream.PRODUCTS)
        (event,) = recent_events(connection, limit=9)
    assert products is not None
    assert products.next_run_at is not None
    assert (event.name, event.shop_key) == ("pull_failed", SHOP.shop_key)


def test_a_closed_shop_is_paused(connected):
    """Both its streams rest."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = ShopClosed("orders", "shop closed", code=36009044)
    turn(connected, marketplace)

    with connected.read() as connection:
        found = shops.find_shop(connection, SHOP.shop_key)
        products = find_stream(connection, SHOP.shop_key, Stream.PRODUCTS)
    assert found is not None
    assert products is not None
    assert "shop closed" in (found.paused or "")
    assert products.next_run_at is None


def test_a_dead_authorization_is_told(connected):
    """The token work decides what it means."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = ReauthorizeShop("orders", "deauthorized", code=105001)
    told = []

    def stands(_connection, error, _now):
        told.append(error)
        return True

    turn(connected, marketplace, stands=stands)
    assert told == [marketplace.before[1]]
    assert stream(connected).next_run_at is None


@pytest.mark.parametrize("kind", [ReauthorizeShop, ScopeMissing, ShopClosed])
def test_a_refusal_of_older_tokens_stops_nothing(rested, kind):
    """The seller authorised again while the call was in flight."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = kind("orders", "token replaced")
    turn(rested, marketplace, stands=lambda *_: False)
    assert stream(rested).next_run_at <= datetime.now(UTC)
    assert stream(rested).disabled is None

    turn(rested, marketplace)
    assert stored(rested) == truth(marketplace)


def test_failures_wait_longer_each_time_and_tell_once(connected):
    """One event for one kind of trouble."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before = {
        call: RetryLater("orders", "internal error", code=36009003)
        for call in (1, 2, 3)
    }
    waits = []
    for _ in range(3):
        turn(connected, marketplace)
        waits.append(stream(connected).next_run_at - datetime.now(UTC))

    assert waits == sorted(waits)
    assert stream(connected).failures == 3
    with connected.read() as connection:
        assert len(recent_events(connection, limit=9)) == 1

    turn(connected, marketplace)
    assert (stream(connected).failures, stream(connected).last_error) == (0, None)


def test_the_marketplaces_own_wish_is_honoured(connected):
    """`Retry-After` says when to come back."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = Throttled(
        "orders", "too many requests", retry_after=timedelta(minutes=30)
    )
    turn(connected, marketplace)

    assert stream(connected).next_run_at > NOW + timedelta(minutes=29)


def test_waiting_for_the_budget_is_no_failure(connected):
    """The stream is due again when a call is free."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = BudgetExhausted(retry_after=timedelta(seconds=40))
    turn(connected, marketplace)

    assert stream(connected).failures == 0
    assert stream(connected).last_error is None
    assert stream(connected).next_run_at > NOW + timedelta(seconds=30)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(st.integers(1, 25), st.integers(0, 11)), max_size=10, unique=True
    ),
    kills=st.sets(st.integers(1, 25), max_size=3),
)
def test_whatever_changes_while_it_is_read_arrives(connected, moves, kills):
    """Random updates during the walk, random kills: afterwards all is as it is there."""
    with connected.write() as connection:
        connection.execute(order_rows.delete())
        connection.execute(changes.delete())
        request_again(
            connection,
            SHOP.shop_key,
            Stream.ORDERS,
            now=NOW,
            since=LONG_AGO - timedelta(days=1),
        )
    marketplace = SimulatedMarketplace(many(12))

    def update(numbers, call):
        for number in numbers:
            marketplace.times[f"o{number:03}"] = datetime.now(UTC).replace(
                microsecond=0
            ) - timedelta(seconds=1)
        return Killed() if call in kills else None

    for call in {call for call, _ in moves} | kills:
        numbers = [number for at, number in moves if at == call]
        marketplace.before[call] = lambda numbers=numbers, call=call: update(
            numbers, call
        )
    for _ in range(len(kills) + 2):
        try:
            turn(connected, marketplace)
        except Killed:
            continue
    marketplace.before.clear()
    catch_up(connected, marketplace)

    assert stored(connected) == truth(marketplace)
