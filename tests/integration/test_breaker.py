"""A shop whose pulls keep failing: tried ever more rarely, told once, and back at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from tests.integration.simulated import (
    APP,
    PLAN,
    SHOP,
    SimulatedMarketplace,
    connect,
    history,
    many,
    turn,
)
from tests.integration.simulated import stream as orders
from worker.domain.errors import RetryLater
from worker.domain.grants import Grant
from worker.domain.identity import Shop
from worker.domain.records import Stream
from worker.schedule.backfill import claim_waiting_slices
from worker.schedule.places import Lane
from worker.store.apps import remember_app
from worker.store.claims import claim_stream
from worker.store.database import database_now
from worker.store.events import recent_events
from worker.store.grants import adopt_grant
from worker.store.resting import resume_shop
from worker.store.schema.reconciles import reconciles
from worker.store.schema.streams import streams
from worker.store.sealing import Sealer
from worker.store.shops import find_shop, remember_shops
from worker.store.streams import find_stream
from worker.store.waiting_reconciles import add_reconciles, claim_due_reconciles
from worker.sync.breaker import OPENS_AFTER, note_failure

pytestmark = pytest.mark.integration

MINUTE = timedelta(minutes=1)
LEASE = 3 * MINUTE
RARE = replace(PLAN, every=180 * MINUTE)
OTHER = Shop(marketplace="simulated", zone="default", shop_id="2")


@pytest.fixture
def failing(database):
    """Return a database whose shop answers nothing, and a marketplace that does so."""
    connect(database)
    return Failing()


class Failing(SimulatedMarketplace):
    """Answers with an error until it is repaired."""

    def __init__(self):
        super().__init__(times=many(4))
        self.broken = frozenset()
        self.is_down = True
        self.asks_for = None

    def answer(self, call):
        """Refuse every call while it is down."""
        if self.is_down:
            self.calls += 1
            raise RetryLater("orders", "made up", retry_after=self.asks_for)
        return super().answer(call)


def fail(database, marketplace, times=OPENS_AFTER):
    """Let so many turns fail, one after the other."""
    for _ in range(times):
        assert turn(database, marketplace).error is not None


def shop(database):
    """Return the shop's row."""
    with database.read() as connection:
        return find_shop(connection, SHOP.shop_key)


def products(database, shop_key=SHOP.shop_key):
    """Return the row of a shop's other stream."""
    with database.read() as connection:
        return find_stream(connection, shop_key, Stream.PRODUCTS)


def told(database):
    """Return the names of the breaker's events, oldest first."""
    with database.read() as connection:
        found = recent_events(connection, limit=100)
    names = ("shop_failing", "shop_recovered")
    return [event.name for event in reversed(found) if event.name in names]


def test_a_shop_rests_after_so_many_failures_and_it_is_told_once(database, failing):
    """Not before, and not again at the next failure."""
    fail(database, failing, OPENS_AFTER - 1)
    before = shop(database)
    fail(database, failing, 3)

    assert before.broken_since is None
    assert before.failures == OPENS_AFTER - 1
    assert shop(database).broken_since is not None
    assert told(database) == ["shop_failing"]


def waits(database, failing, times=14, plan=PLAN):
    """Let so many turns fail; return how long the shop is left alone after each."""
    found = []
    for _ in range(times):
        assert turn(database, failing, plan=plan).error is not None
        found.append(orders(database).next_run_at - datetime.now(UTC))
    return found


def test_tries_become_ever_more_rare_up_to_an_hour(database, failing):
    """Each wait is at least as long as half of the one before; none is longer."""
    other_seller(database)
    found = waits(database, failing)

    assert found[0] < timedelta(seconds=11)
    assert found[-1] > 29 * MINUTE
    assert max(found) <= 60 * MINUTE
    assert found[OPENS_AFTER] > 4 * MINUTE


@pytest.mark.parametrize("other", ["none", "rests for longer", "is another app's"])
def test_somebody_of_an_app_is_tried_every_few_minutes(database, failing, other):
    """Nobody else would notice that the trouble is over."""
    if other == "rests for longer":
        other_seller(database)
        let_rest(database, OTHER, 50 * MINUTE)
    elif other == "is another app's":
        other_seller(database, replace(APP, app_key="another"))
    found = waits(database, failing)

    assert found[-1] > 2 * MINUTE
    assert max(found) <= 5 * MINUTE


def test_a_stream_that_comes_rarely_does_not_keep_the_others_waiting(database, failing):
    """While it fails it comes as often as any: the shop's other stream waits for it."""
    other_seller(database)
    among_others = waits(database, failing, plan=RARE)
    let_rest(database, OTHER, 50 * MINUTE)
    alone = waits(database, failing, plan=RARE)

    assert max(among_others) <= 60 * MINUTE
    assert max(alone) <= 5 * MINUTE


def test_a_marketplace_that_names_a_moment_is_not_asked_before(database, failing):
    """Also if nobody else asks it meanwhile."""
    failing.asks_for = 20 * MINUTE

    assert waits(database, failing, 1)[0] > 19 * MINUTE


def test_the_other_streams_wait_for_the_one_that_probes(database, failing):
    """The shop costs one call at a time, not one for each stream."""
    fail(database, failing)

    assert products(database).next_run_at > orders(database).next_run_at


def test_history_and_reconciles_of_a_failing_shop_rest(database, failing):
    """They take up again when it is back."""
    failing.is_down = False
    turn(database, failing)
    with database.write() as connection:
        now = database_now(connection)
        add_reconciles(connection, dict.fromkeys(Stream, MINUTE), now=now, limit=9)
        connection.execute(update(reconciles).values(next_run_at=now))
    failing.is_down = True
    fail(database, failing)
    resting = claimable(database)
    failing.is_down = False
    turn(database, failing)

    assert history(database)
    assert resting == (0, 0)
    assert claimable(database) == (1, 2)


def claimable(database):
    """Return how many slices and reconciles are handed out."""
    lanes = {APP.app_id: Lane(most=4, per_shop=False)}
    slices = claim_waiting_slices(database, lease=LEASE, lanes=lanes, places=4)
    with database.write() as connection:
        now = database_now(connection)
        found = claim_due_reconciles(
            connection, token="t", now=now, until=now + LEASE, at_once=9
        )
    return len(slices), len(found)


def test_one_success_ends_it_and_makes_the_rest_due(database, failing):
    """With one event more."""
    fail(database, failing)
    failing.is_down = False
    turn(database, failing)

    assert shop(database).broken_since is None
    assert shop(database).failures == 0
    assert told(database) == ["shop_failing", "shop_recovered"]
    assert products(database).next_run_at <= datetime.now(UTC)


def test_what_somebody_works_on_stays_as_it_is(database, failing):
    """The holder of the lease says when it is due."""
    with database.write() as connection:
        now = database_now(connection)
        held = claim_stream(
            connection,
            SHOP.shop_key,
            Stream.PRODUCTS,
            token="other",
            now=now,
            until=now + LEASE,
        )
    before = products(database)
    fail(database, failing)

    assert held is not None
    assert products(database) == before


def test_resuming_a_shop_forgets_its_failures(database, failing):
    """The operator has done something about it."""
    fail(database, failing)
    with database.write() as connection:
        resume_shop(connection, SHOP.shop_key, now=database_now(connection))

    assert shop(database).broken_since is None
    assert shop(database).failures == 0


def test_shops_that_failed_at_the_same_time_are_tried_when_one_is_back(
    database, failing
):
    """An app's trouble is over for all of them; others keep their waits."""
    other_seller(database)
    fail(database, failing)
    let_rest(database, OTHER, 50 * MINUTE)
    waiting = products(database, OTHER.shop_key).next_run_at
    failing.is_down = False
    turn(database, failing)

    assert waiting > datetime.now(UTC) + 50 * MINUTE
    assert products(database, OTHER.shop_key).next_run_at <= datetime.now(UTC)


def let_rest(database, shop, length):
    """Let all pulls of a shop have failed, so that it rests for so long."""
    with database.write() as connection:
        now = database_now(connection)
        connection.execute(
            update(streams)
            .where(streams.c.shop_key == shop.shop_key)
            .values(next_run_at=now + length)
        )
        for _ in range(OPENS_AFTER):
            note_failure(
                connection,
                shop.shop_key,
                Stream.ORDERS,
                next_run_at=now + length,
                reason="made up",
                now=now,
            )


def other_seller(database, app=APP):
    """Connect a second seller, of the same app if no other is given."""
    sealer = Sealer((Fernet.generate_key().decode(),))
    grant = Grant(
        subject="other",
        access_token="a",
        access_expires_at=datetime.now(UTC) + timedelta(days=7),
    )
    with database.write() as connection:
        now = database_now(connection)
        remember_app(connection, app, now=now)
        number = adopt_grant(
            connection, app, grant, sealer=sealer, now=now, refresh_at=now
        )
        remember_shops(connection, number, [OTHER], now=now, takes=True)
