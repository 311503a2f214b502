"""Pulls against a marketplace that changes while it is read; real database, no HTTP."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.domain.calls import Call
from worker.domain.errors import (
    BudgetExhausted,
    LeaseLost,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    Throttled,
    TooManyResults,
)
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.pages import Page, StreamRules, Unreadable
from worker.domain.records import Order, OrderLine, OrderStatus, Stream
from worker.store import authorizations, shops
from worker.store.events import recent_events
from worker.store.export import changes_after, export
from worker.store.schema.feed import changes
from worker.store.schema.records import orders as order_rows
from worker.store.schema.records import unreadable_rows
from worker.store.sealing import Sealer
from worker.store.streams import claim_stream, find_stream, request_again
from worker.sync.pull import Pulled, Puller, Source
from worker.sync.turn import Plan, take_turn
from worker.sync.windows import History
from worker.tokens.credentials import FixedCredentials

pytestmark = pytest.mark.integration

SHOP = Shop(marketplace="simulated", zone="default", shop_id="1")
APP = App(
    marketplace="simulated",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1",
    requests_per_second=10,
)
HISTORY = History(length=timedelta(days=40))
PLAN = Plan(every=timedelta(minutes=5), history=HISTORY, deadline=None)
NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=35)


class Killed(BaseException):
    """The process dies here: nothing in our code may catch it."""


@dataclass
class SimulatedMarketplace:
    """Orders with update times, paged by offset within a closed window."""

    times: dict[str, datetime]
    page_size: int = 3
    # What happens just before the call of this number is answered.
    before: dict[int, object] = field(default_factory=dict)
    cap: int | None = None
    calls: int = 0
    name: str = "simulated"
    broken: frozenset[str] = frozenset()

    streams = {  # noqa: RUF012 -- as the protocol spells it
        Stream.ORDERS: StreamRules(has_update_filter=True, overlap=timedelta(minutes=5))
    }

    def page(self, request):
        """Ask for one page, as a marketplace's conversation does."""
        return (yield Call(endpoint="orders", body={"request": request}))

    def answer(self, call):
        """Answer one call with a page, or an error."""
        self.calls += 1
        happening = self.before.get(self.calls)
        if callable(happening):
            happening = happening()
        if isinstance(happening, BaseException):
            raise happening
        if isinstance(happening, Page):
            return happening
        request = call.body["request"]
        start, end = request.window.start, request.window.end
        rows = sorted(
            (moment, order_id)
            for order_id, moment in self.times.items()
            if (start is None or start <= moment) and moment <= end
        )
        if self.cap is not None and len(rows) > self.cap:
            raise TooManyResults("orders", "too many")
        offset = int(request.cursor or 0)
        chosen = rows[offset : offset + self.page_size]
        more = len(rows) > offset + self.page_size
        return Page(
            records=tuple(
                order(found, moment)
                for moment, found in chosen
                if found not in self.broken
            ),
            unreadable=tuple(
                Unreadable(record_id=found, reason="no status", raw=b"{}")
                for _, found in chosen
                if found in self.broken
            ),
            next_cursor=str(offset + self.page_size) if more else None,
            total=len(rows),
        )

    def converse(self, conversation, **_):
        """Play the gateway too: one call, one answer."""
        try:
            conversation.send(self.answer(next(conversation)))
        except StopIteration as done:
            return done.value
        raise AssertionError


def order(order_id, updated_at):
    """Return an order whose content follows from its update time."""
    text = updated_at.isoformat()
    return Order(
        order_id=order_id,
        status=OrderStatus.PENDING,
        marketplace_status=text,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=updated_at,
        paid_at=None,
        buyer_note=None,
        lines=(
            OrderLine(
                line_id=f"{order_id}-1",
                product_id=None,
                sku_id=None,
                seller_sku=None,
                title=text,
                quantity=1,
                unit_price=None,
                currency=None,
            ),
        ),
        raw=orjson.dumps({"id": order_id, "at": text}),
    )


def minutes_ago(minutes):
    """Return a moment within the overlap of a pull that runs now."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def many(count, *, first=LONG_AGO, step=timedelta(hours=20)):
    """Return this many orders, spread over history."""
    return {f"o{n:03}": first + n * step for n in range(count)}


@pytest.fixture
def connected(database):
    """Return the database with one shop in it."""
    sealer = Sealer((Fernet.generate_key().decode(),))
    grant = Grant(
        subject="s", access_token="a", access_expires_at=NOW + timedelta(days=7)
    )
    with database.write() as connection:
        authorizations.remember_app(connection, APP, now=NOW)
        number = authorizations.adopt_grant(
            connection, APP, grant, sealer=sealer, now=NOW, refresh_at=NOW
        )
        shops.remember_shops(connection, number, [SHOP], now=NOW, takes=True)
    return database


def claim(database, token="mine"):
    """Claim the shop's orders, whoever may have died with the claim before."""
    with database.write() as connection:
        later = NOW + timedelta(days=1)
        found = claim_stream(
            connection, SHOP.shop_key, Stream.ORDERS, token=token, now=later, until=NOW
        )
    assert found is not None
    return found


def source(marketplace):
    """Return where the orders come from."""
    return Source(
        marketplace=marketplace,
        app=APP,
        shop=SHOP,
        credentials=FixedCredentials(Credentials(access_token="a")),
    )


def turn(database, marketplace, *, plan=PLAN, stands=lambda *_: True, **options):
    """Claim the stream and take one turn."""
    puller = Puller(database=database, gateway=marketplace, **options)
    return take_turn(
        puller, claim(database), lambda: source(marketplace), plan, stands=stands
    )


def stream(database):
    """Return the stream's row."""
    with database.read() as connection:
        return find_stream(connection, SHOP.shop_key, Stream.ORDERS)


def stored(database):
    """Return the stored orders and what their content says."""
    with database.read() as connection:
        return {
            row["order_id"]: row["lines"][0]["title"]
            for row in export(connection, Stream.ORDERS)
        }


def truth(marketplace):
    """Return what should be stored."""
    return {found: moment.isoformat() for found, moment in marketplace.times.items()}


def test_the_first_pull_brings_the_whole_history(connected):
    """Several windows, several pages; at the end the watermark is now."""
    marketplace = SimulatedMarketplace(many(10))
    result = turn(connected, marketplace)

    assert result.pulled is not None
    assert stored(connected) == truth(marketplace)
    assert result.pulled.up_to_date
    assert stream(connected).progress.watermark >= NOW
    assert stream(connected).next_run_at > NOW + timedelta(minutes=4)


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
def test_a_kill_at_any_call_loses_and_doubles_nothing(connected, killed_at):
    """The next worker goes on at the page that was not committed."""
    marketplace = SimulatedMarketplace(many(10), before={killed_at: Killed()})
    with pytest.raises(Killed):
        turn(connected, marketplace)
    turn(connected, marketplace)

    assert stored(connected) == truth(marketplace)
    with connected.read() as connection:
        told = [change["id"] for change in changes_after(connection, 0, limit=999)]
    assert sorted(told) == sorted(marketplace.times)
    # Two windows of history, three rows a page: 4 + 1 calls, and the interrupted one.
    assert marketplace.calls == 6


def test_a_worker_that_was_taken_for_dead_writes_nothing(connected):
    """Its lease is somebody else's when its page arrives."""
    marketplace = SimulatedMarketplace(many(10))
    marketplace.before[2] = lambda: claim(connected, "another") and None
    result = turn(connected, marketplace)

    assert isinstance(result.error, LeaseLost)
    assert len(stored(connected)) == 3
    assert stream(connected).lease_token == "another"


def test_a_deadline_stops_at_a_page_and_is_due_again(connected):
    """The rest follows in the next turn, from where this one stopped."""
    marketplace = SimulatedMarketplace(many(10))
    pages: list[Pulled] = []
    first = turn(
        connected,
        marketplace,
        should_stop=lambda: len(pages) == 2,
        on_page=pages.append,
    )
    assert first.pulled is not None
    assert not first.pulled.up_to_date
    assert stream(connected).next_run_at <= datetime.now(UTC)
    assert len(stored(connected)) == 6

    turn(connected, marketplace)
    assert stored(connected) == truth(marketplace)


def test_a_capped_window_is_cut_until_it_fits(connected):
    """Nothing is silently left out."""
    marketplace = SimulatedMarketplace(many(30, step=timedelta(hours=1)), cap=4)
    turn(connected, marketplace)

    assert stored(connected) == truth(marketplace)


def test_reading_again_is_cut_too_and_still_complete(connected):
    """`--since` over a capped window brings all of it."""
    marketplace = SimulatedMarketplace(many(30, step=timedelta(hours=1)))
    turn(connected, marketplace)
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


def test_a_looping_page_token_ends(connected):
    """The walk begins again instead of going round for ever."""
    marketplace = SimulatedMarketplace(many(10))
    loop = Page(
        records=(order("o003", LONG_AGO + timedelta(hours=60)),),
        next_cursor="3",
        total=10,
    )
    marketplace.before = {2: loop, 3: loop}
    result = turn(connected, marketplace)

    assert result.pulled is not None
    assert result.pulled.restarts >= 1
    assert stored(connected) == truth(marketplace)


def test_rows_that_never_stop_changing_end_in_smaller_windows(connected):
    """A restless second cannot hold up the rest of history."""
    marketplace = SimulatedMarketplace(many(10))
    restless = NOW - timedelta(minutes=1)

    def change():
        marketplace.times["o000"] = restless + timedelta(milliseconds=marketplace.calls)

    marketplace.before = dict.fromkeys(range(2, 30), change)
    turn(connected, marketplace)

    assert set(stored(connected)) == set(marketplace.times)


def test_a_row_that_cannot_be_read_is_kept_and_the_page_goes_on(connected):
    """With its payload and the reason."""
    marketplace = SimulatedMarketplace(many(4), broken=frozenset({"o001"}))
    result = turn(connected, marketplace)

    assert result.pulled is not None
    assert result.pulled.up_to_date
    assert set(stored(connected)) == {"o000", "o002", "o003"}
    with connected.read() as connection:
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
def test_a_refusal_of_older_tokens_stops_nothing(connected, kind):
    """The seller authorised again while the call was in flight."""
    marketplace = SimulatedMarketplace(many(4))
    marketplace.before[1] = kind("orders", "token replaced")
    turn(connected, marketplace, stands=lambda *_: False)
    assert stream(connected).next_run_at <= datetime.now(UTC)
    assert stream(connected).disabled is None

    turn(connected, marketplace)
    assert stored(connected) == truth(marketplace)


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
    turn(connected, marketplace)

    assert stored(connected) == truth(marketplace)
