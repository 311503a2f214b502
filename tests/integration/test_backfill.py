"""History arrives in slices, beside the live pulls; real database, no HTTP."""

from datetime import timedelta

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
    connect,
    history,
    many,
    minutes_ago,
    order,
    slice_turn,
    stored,
    stream,
    truth,
    turn,
)
from worker.domain.errors import (
    BudgetExhausted,
    CallRejected,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
)
from worker.domain.pages import Page
from worker.domain.records import Stream
from worker.store.certificates import all_histories
from worker.store.events import recent_events
from worker.store.export import changes_after
from worker.store.removal import remove_shop
from worker.store.schema.records import orders as order_rows
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.sync import slices as cutting
from worker.sync.pulled import Pulled
from worker.sync.turn import Plan
from worker.sync.windows import History

pytestmark = pytest.mark.integration


@pytest.fixture
def connected(database):
    """Return the database with one shop in it."""
    connect(database)
    return database


@pytest.fixture
def begun(connected):
    """Return the same after the first live pull: all history is one slice."""
    turn(connected, SimulatedMarketplace({}))
    assert len(history(connected)) == 1
    return connected


@pytest.fixture
def small(monkeypatch):
    """Let slices with more than four rows be split."""
    monkeypatch.setattr(cutting, "COMFORTABLE", 2)


def read_all(database, marketplace, **options):
    """Read slices until none is left; return how many turns it took."""
    turns = 0
    while (result := slice_turn(database, marketplace, **options)) is not None:
        assert result.error is None, result.error
        turns += 1
    return turns


def test_a_small_history_is_one_slice_and_as_many_calls_as_pages(begun):
    """No call is wasted on empty time."""
    marketplace = SimulatedMarketplace(many(9))

    assert read_all(begun, marketplace) == 1
    assert stored(begun) == truth(marketplace)
    assert marketplace.calls == 3


@pytest.mark.usefixtures("small")
def test_a_large_slice_is_split_and_the_recent_part_comes_first(begun):
    """Its first page tells how many parts there should be."""
    marketplace = SimulatedMarketplace(many(20, step=timedelta(hours=40)))
    slice_turn(begun, marketplace)
    parts = history(begun)
    assert len(parts) == 10
    assert stored(begun) == {}

    slice_turn(begun, marketplace)
    newest = max(marketplace.times, key=marketplace.times.__getitem__)
    assert newest in stored(begun)

    read_all(begun, marketplace)
    assert stored(begun) == truth(marketplace)


@pytest.mark.usefixtures("small")
def test_history_without_a_beginning_is_read_with_few_calls(connected):
    """It is cut by age first, then by what the parts hold."""
    marketplace = SimulatedMarketplace(
        {f"o{n:03}": NOW - timedelta(days=20 * n) for n in range(1, 60)}
    )
    plan = Plan(every=timedelta(minutes=5), history=History(length=None), deadline=None)
    turn(connected, marketplace, plan=plan)
    read_all(connected, marketplace)

    assert stored(connected) == truth(marketplace)
    # Twenty pages; the rest is splits and empty parts.
    assert marketplace.calls < 100


def test_live_pulls_go_on_while_history_is_read(begun):
    """A row that leaves history for the live window while it is read is not lost."""
    marketplace = SimulatedMarketplace(many(9))
    pages: list[Pulled] = []
    slice_turn(
        begun,
        marketplace,
        should_stop=lambda: len(pages) == 1,
        on_page=pages.append,
    )
    marketplace.times["o008"] = minutes_ago(0)
    marketplace.times["new"] = minutes_ago(0)
    turn(begun, marketplace)
    assert {"new", "o008"} <= set(stored(begun))

    read_all(begun, marketplace)
    turn(begun, marketplace)
    assert stored(begun) == truth(marketplace)


@pytest.mark.parametrize("killed_at", range(1, 5))
def test_a_kill_at_any_call_costs_one_page(begun, killed_at):
    """The next worker goes on at the page that was not committed."""
    marketplace = SimulatedMarketplace(many(10), before={killed_at: Killed()})
    with pytest.raises(Killed):
        slice_turn(begun, marketplace)
    read_all(begun, marketplace)

    assert stored(begun) == truth(marketplace)
    with begun.read() as connection:
        told = [change["id"] for change in changes_after(connection, 0, limit=999)]
    assert sorted(told) == sorted(marketplace.times)
    assert marketplace.calls == 4 + 1


def test_a_reader_that_was_taken_for_dead_writes_nothing(begun):
    """Its lease is somebody else's when its page arrives."""
    marketplace = SimulatedMarketplace(many(10))

    def take():
        with begun.write() as connection:
            connection.execute(slices.update().values(lease_token="another"))

    marketplace.before[2] = take
    result = slice_turn(begun, marketplace)

    assert type(result.error).__name__ == "LeaseLost"
    assert len(stored(begun)) == 3
    assert history(begun)[0].lease_token == "another"


def test_a_removed_shop_takes_its_slices_along(begun):
    """Whoever reads one writes nothing any more."""
    marketplace = SimulatedMarketplace(many(10))

    def remove():
        with begun.write() as connection:
            remove_shop(connection, SHOP.shop_key)

    marketplace.before[2] = remove
    result = slice_turn(begun, marketplace)

    assert type(result.error).__name__ == "LeaseLost"
    assert (history(begun), stored(begun)) == ([], {})


def test_a_deadline_stops_at_a_page_and_the_slice_is_due_again(begun):
    """The rest follows in the next turn, from where this one stopped."""
    marketplace = SimulatedMarketplace(many(10))
    pages: list[Pulled] = []
    slice_turn(
        begun,
        marketplace,
        should_stop=lambda: len(pages) == 2,
        on_page=pages.append,
    )
    (part,) = history(begun)
    assert (part.lease_token, part.done_at) == (None, None)
    assert len(stored(begun)) == 6

    read_all(begun, marketplace)
    assert stored(begun) == truth(marketplace)
    assert marketplace.calls == 4


def test_a_done_slice_keeps_no_memory_of_its_walk(begun):
    """The row stays as a proof, without the digests."""
    read_all(begun, SimulatedMarketplace(many(10)))
    (part,) = history(begun)

    assert part.done_at is not None
    assert (part.progress.shown, part.progress.cursor, part.next_run_at) == (
        b"",
        None,
        None,
    )


def test_a_capped_slice_is_split_until_it_fits(begun):
    """Nothing is silently left out."""
    marketplace = SimulatedMarketplace(many(30, step=timedelta(hours=1)), cap=4)
    read_all(begun, marketplace)

    assert stored(begun) == truth(marketplace)


def test_a_slice_whose_rows_never_stop_changing_is_split(begun):
    """Three walks are enough; the quiet part does not wait for the other one."""
    marketplace = SimulatedMarketplace(many(10))
    restless = LONG_AGO + timedelta(days=30)

    def change():
        first = min(marketplace.times, key=marketplace.times.__getitem__)
        marketplace.times[first] = restless + timedelta(seconds=marketplace.calls)

    marketplace.before = dict.fromkeys(range(2, 20), change)
    read_all(begun, marketplace)

    assert set(stored(begun)) == set(marketplace.times)
    assert len(history(begun)) > 1


def test_page_tokens_that_lead_in_a_circle_of_three_end(begun):
    """Although each page of the circle brings new rows."""
    marketplace = SimulatedMarketplace(many(10))
    for call in range(2, 6):
        marketplace.before[call] = Page(
            records=(order(f"x{call}", LONG_AGO),),
            next_cursor=str(100 + call % 3),
            total=99,
        )
    marketplace.times |= {f"x{call}": LONG_AGO for call in range(2, 6)}
    result = slice_turn(begun, marketplace)

    assert result.pulled.restarts >= 1
    read_all(begun, marketplace)
    assert stored(begun) == truth(marketplace)


@pytest.mark.parametrize("times", [1, 4])
def test_an_expired_page_token_begins_the_walk_again_and_then_splits(begun, times):
    """No marketplace documents what it answers then; a refused page behind the first will do."""
    marketplace = SimulatedMarketplace(many(10))
    for number in range(times):
        marketplace.before[3 * (number + 1)] = CallRejected("orders", "bad page_token")
    read_all(begun, marketplace)

    assert stored(begun) == truth(marketplace)
    assert (len(history(begun)) > 1) is (times > 3)


def test_a_page_that_fails_again_and_again_is_left(begun):
    """Its token may be the reason: after three turns the walk begins again."""
    marketplace = SimulatedMarketplace(many(10))

    def answer():
        raise RetryLater("orders", "internal error")

    marketplace.before = dict.fromkeys((2, 3, 4), answer)
    for _ in range(3):
        slice_turn(begun, marketplace)
    assert history(begun)[0].progress.cursor == "3"
    read_all(begun, marketplace)

    assert stored(begun) == truth(marketplace)
    # One page, three failures, four pages.
    assert marketplace.calls == 1 + 3 + 4


def test_a_refused_first_page_is_told(begun):
    """That is no token's fault."""
    marketplace = SimulatedMarketplace(many(10))
    marketplace.before[1] = CallRejected("orders", "a parameter is invalid")
    result = slice_turn(begun, marketplace)

    assert isinstance(result.error, CallRejected)
    (part,) = history(begun)
    assert part.failures == 1
    assert part.next_run_at > NOW


def test_the_same_trouble_of_several_slices_is_one_event(begun, small):
    """Twelve slices that meet a broken marketplace are one piece of news."""
    del small
    marketplace = SimulatedMarketplace(many(20, step=timedelta(hours=40)))
    slice_turn(begun, marketplace)
    marketplace.before = {
        call: RetryLater("orders", "internal error") for call in range(2, 9)
    }
    for _ in range(3):
        slice_turn(begun, marketplace)

    with begun.read() as connection:
        names = [event.name for event in recent_events(connection, limit=9)]
    assert names == ["pull_failed"]


def test_waiting_for_the_budget_is_no_failure(begun):
    """The slice is due again when a call is free."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = BudgetExhausted(retry_after=timedelta(seconds=40))
    slice_turn(begun, marketplace)

    (part,) = history(begun)
    assert (part.failures, part.last_error) == (0, None)
    assert part.next_run_at > NOW + timedelta(seconds=30)


@pytest.mark.parametrize("kind", [ReauthorizeShop, ScopeMissing, ShopClosed])
def test_what_is_refused_stops_the_stream_and_its_slices(begun, kind):
    """Until somebody helps; then both go on where they were."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = kind("orders", "refused")
    slice_turn(begun, marketplace)

    assert stream(begun).next_run_at is None
    assert (stream(begun).disabled is not None) is (kind is ScopeMissing)
    assert history(begun)[0].next_run_at is not None


def test_a_refusal_of_older_tokens_stops_nothing(begun):
    """The seller authorised again while the call was in flight."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = ReauthorizeShop("orders", "token replaced")
    slice_turn(begun, marketplace, stands=lambda *_: False)

    assert stream(begun).next_run_at is not None
    read_all(begun, marketplace)
    assert stored(begun) == truth(marketplace)


def test_the_overlap_of_a_stream_grows_with_late_rows(begun):
    """A row that became visible eight minutes late is caught, and so would be its like."""
    marketplace = SimulatedMarketplace({})
    with begun.write() as connection:
        connection.execute(
            streams.update().values(live_from=minutes_ago(60), watermark=minutes_ago(4))
        )
    marketplace.times["late"] = minutes_ago(8)
    turn(begun, marketplace)
    assert set(stored(begun)) == {"late"}

    with begun.write() as connection:
        connection.execute(streams.update().values(watermark=minutes_ago(1)))
    marketplace.times["later"] = minutes_ago(9)
    turn(begun, marketplace)
    assert set(stored(begun)) == {"late", "later"}


def test_history_that_no_slice_has_brought_yet_is_not_late(begun):
    """The first live windows reach into it."""
    marketplace = SimulatedMarketplace({"old": minutes_ago(3)})
    turn(begun, marketplace)
    turn(begun, marketplace)

    assert not any(stream(begun).lateness[1:])


def test_a_burst_within_the_overlap_does_not_read_the_same_window_for_ever(begun):
    """More rows than a search shows, all younger than the overlap."""
    marketplace = SimulatedMarketplace(
        {f"o{n:03}": minutes_ago(2) - timedelta(seconds=n) for n in range(90)}, cap=10
    )
    turn(begun, marketplace, should_stop=lambda: marketplace.calls > 300)

    assert stored(begun) == truth(marketplace)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(st.integers(1, 40), st.integers(0, 29)), max_size=10, unique=True
    ),
    kills=st.sets(st.integers(1, 40), max_size=4),
)
def test_whatever_changes_while_history_is_read_arrives(connected, small, moves, kills):
    """Random updates during the backfill, random kills: afterwards all is as it is there."""
    del small
    with connected.write() as connection:
        connection.execute(order_rows.delete())
        connection.execute(slices.delete())
        connection.execute(streams.update().values(watermark=None, live_from=None))
    marketplace = SimulatedMarketplace(many(30))

    def update(numbers, call):
        for number in numbers:
            marketplace.times[f"o{number:03}"] = minutes_ago(0)
        return Killed() if call in kills else None

    for call in {call for call, _ in moves} | kills:
        numbers = [number for at, number in moves if at == call]
        marketplace.before[call] = lambda numbers=numbers, call=call: update(
            numbers, call
        )
    for _ in range(len(kills) + 1):
        try:
            catch_up(connected, marketplace)
        except Killed:
            continue
    marketplace.before.clear()
    catch_up(connected, marketplace)

    assert stored(connected) == truth(marketplace)
    with connected.read() as connection:
        found = all_histories(connection)[SHOP.shop_key, Stream.ORDERS]
    assert found.open == 0
    assert found.begins_at == history(connected)[-1].progress.window_start
