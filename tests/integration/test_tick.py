"""The tick hands out what each app's budget can serve, and who is owed most comes first."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import event, select, text, update

from tests.integration.fleet import APP_ID, connect_fleet
from worker.domain.records import Stream
from worker.schedule.allowances import Allowance
from worker.schedule.backfill import hand_out_slices
from worker.schedule.places import lane
from worker.schedule.tick import Pace, claim_due, hand_out
from worker.store.database import database_now
from worker.store.giving_back import finish_pull
from worker.store.schema.accounts import authorizations
from worker.store.streams import all_streams, request_again
from worker.store.waiting_reconciles import add_reconciles, claim_due_reconciles
from worker.sync.rhythm import next_start

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TICK = 5 * SECOND
LEASE = 3 * MINUTE
PACE = Pace(tick_every=TICK, lease=LEASE)
LIMIT = 20
# What a tick hands out of an app: work until the next one, and two seconds of reserve.
ROOM = LIMIT * 7
SHARED = Allowance(app_id=APP_ID, calls_per_second=LIMIT)


def orders_at(moment):
    """Return when the streams of a fleet are due, if only orders are."""
    return lambda _, stream: moment if stream is Stream.ORDERS else None


def tick(database, *allowances, now=NOW, places=1000):
    """Hand out what is due."""
    with database.write() as connection:
        return hand_out(
            connection, allowances or (SHARED,), pace=PACE, places=places, now=now
        )


def finish(database, claims, *, now, next_run_at=None):
    """Give claims back."""
    with database.write() as connection:
        for claim in claims:
            finish_pull(
                connection, claim, now=now, next_run_at=next_run_at or now + 5 * MINUTE
            )


def test_no_more_is_handed_out_than_the_budget_serves(database):
    """What is under way counts; what is done makes room for as much."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    first = tick(database).pulls
    second = tick(database, now=NOW + SECOND).pulls
    finish(database, first[:30], now=NOW + TICK)
    third = tick(database, now=NOW + TICK).pulls

    assert (len(first), len(second), len(third)) == (ROOM, 0, 30)


def test_long_pulls_count_for_what_they_can_send(database):
    """One call after the other, until the next tick: not quite twelve."""
    connect_fleet(database, 40, now=NOW, due=orders_at(NOW), calls=lambda _: 60.0)

    assert len(tick(database).pulls) == 12


def test_the_oldest_debt_comes_first(database):
    """Whatever the streams are called."""
    connect_fleet(
        database,
        400,
        now=NOW,
        due=lambda number, stream: (
            NOW - (number * 7 % 400) * SECOND if stream is Stream.ORDERS else None
        ),
    )
    claims = tick(database).pulls
    with database.read() as connection:
        due = {row.id: row.next_run_at for row in all_streams(connection)}

    assert [due[claim.stream_id] for claim in claims] == [
        NOW - age * SECOND for age in range(399, 399 - ROOM, -1)
    ]


def test_what_somebody_asked_for_comes_before_what_is_due(database):
    """However long the others have waited."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW - MINUTE))
    with database.write() as connection:
        request_again(connection, "temu:eu:399-0", Stream.ORDERS, now=NOW, since=None)
    claims = tick(database).pulls

    assert claims[0].shop_key == "temu:eu:399-0"
    assert len({claim.stream_id for claim in claims}) == len(claims) == ROOM


def test_products_keep_their_floor_beside_orders(database):
    """A tenth of what is handed out, however many orders wait."""
    connect_fleet(
        database,
        400,
        now=NOW,
        due=lambda _, stream: NOW - (stream is Stream.ORDERS) * 60 * MINUTE,
    )
    claims = tick(database).pulls
    kinds = [claim.stream for claim in claims]

    assert kinds.count(Stream.PRODUCTS) == ROOM / 10
    assert kinds.count(Stream.ORDERS) == ROOM - ROOM / 10


def test_a_seller_with_many_shops_leaves_the_others_room(database):
    """Although all its shops were due before theirs."""
    connect_fleet(database, 1, now=NOW, due=orders_at(NOW - MINUTE), shops_of_each=150)
    connect_fleet(database, 50, now=NOW, due=orders_at(NOW), first=1)
    claims = tick(database).pulls
    of_greedy = [claim for claim in claims if claim.shop_key.startswith("temu:eu:0-")]

    assert len(claims) == ROOM
    assert len(of_greedy) == ROOM - 50


def test_the_work_of_a_dead_worker_makes_room_before_its_lease_ends(database):
    """After half a minute; a budget that lies idle for a lease would be much lost."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    tick(database)
    early = tick(database, now=NOW + 29 * SECOND).pulls
    later = tick(database, now=NOW + 31 * SECOND).pulls

    assert (len(early), len(later)) == (0, ROOM)


def test_an_app_that_was_refused_calls_gets_less(database):
    """Its limit was lowered, or it has to wait until after the next tick."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    paused = Allowance(
        app_id=APP_ID, calls_per_second=LIMIT, paused_for=timedelta(seconds=60)
    )
    lowered = Allowance(app_id=APP_ID, calls_per_second=LIMIT / 2)

    assert tick(database, paused).pulls == ()
    assert len(tick(database, lowered).pulls) == ROOM / 2


def test_where_each_shop_has_a_budget_only_the_workers_are_the_limit(database):
    """A queue that is long already takes no more."""
    each = Allowance(app_id=APP_ID, calls_per_second=10, per_shop=True)
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    full = tick(database, each, places=0).pulls
    some = tick(database, each, places=150).pulls
    others = tick(database, each).pulls

    assert (len(full), len(some), len(others)) == (0, 150, 250)


def test_apps_share_the_places_of_the_queue(database):
    """One that wants little gets it; the others get equally much of the rest."""
    wanting = {"temu:eu:key": 300, "temu:us:key": 300, "temu:global:key": 10}
    for app_id, count in wanting.items():
        connect_fleet(database, count, now=NOW, app_id=app_id, due=orders_at(NOW))
    claims = tick(
        database,
        *(Allowance(app_id=app_id, calls_per_second=999) for app_id in wanting),
        places=100,
    ).pulls
    zones = [claim.shop_key.split(":")[1] for claim in claims]

    assert (zones.count("eu"), zones.count("us"), zones.count("global")) == (45, 45, 10)
    assert set(zones[:3]) == {"eu", "us", "global"}


def test_an_app_without_settings_still_fails_its_streams(database):
    """A few at a time, so that their last error says why."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    others = Allowance(app_id="temu:us:key", calls_per_second=20)

    assert len(tick(database, others).pulls) == 7


def test_a_refresh_starts_before_it_is_late(database):
    """The tick before its time hands it out; nobody waits for the one after."""
    connect_fleet(database, 3, now=NOW)
    with database.write() as connection:
        numbers = connection.execute(select(authorizations.c.id)).scalars().all()
        for number, wait in zip(numbers, (-1, 6, 8), strict=True):
            connection.execute(
                update(authorizations)
                .where(authorizations.c.id == number)
                .values(refresh_at=NOW + wait * SECOND)
            )
    due = tick(database).refreshes

    assert [each.authorization_id for each in due] == numbers[:2]
    assert tick(database).refreshes == ()


def test_refreshes_come_before_everything(database):
    """As many as the budget can serve; what is below keeps its floors."""
    connect_fleet(database, 400, now=NOW, due=orders_at(NOW))
    with database.write() as connection:
        connection.execute(update(authorizations).values(refresh_at=NOW))
    due = tick(database)

    assert len(due.refreshes) == ROOM * 0.8
    assert len(due.pulls) == ROOM * 0.2


def test_two_ticks_at_once_hand_out_no_more_than_one(database):
    """Each stream once, and no more than there is room for."""
    connect_fleet(database, 400, now=datetime.now(UTC), due=orders_at(NOW))
    barrier = Barrier(6)
    claimed: list[int] = []

    def beat():
        barrier.wait()
        due = claim_due(database, [SHARED], pace=PACE, queue_length=lambda: 0)
        claimed.extend(claim.stream_id for claim in due.pulls)

    threads = [Thread(target=beat) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == ROOM


def test_after_an_outage_all_are_fresh_again_as_fast_as_the_budget_allows(database):
    """2,500 sellers, one hour away: no stampede, no idle budget, the oldest debt first."""
    count, every = 2500, 5 * MINUTE
    back = NOW + 60 * MINUTE
    connect_fleet(
        database,
        count,
        now=NOW,
        due=lambda number, stream: (
            NOW + every * number / count if stream is Stream.ORDERS else None
        ),
    )
    with database.read() as connection:
        due = {row.id: row.next_run_at or NOW for row in all_streams(connection)}
    now, queue = back, []
    served: list[int] = []
    while len(served) < count:
        claims = tick(database, now=now).pulls
        queue += claims
        assert len(queue) <= ROOM
        done, queue = queue[: LIMIT * 5], queue[LIMIT * 5 :]
        now += TICK
        with database.write() as connection:
            for claim in done:
                later = next_start(claim.stream_id, opened=now, now=now, every=every)
                finish_pull(connection, claim, now=now, next_run_at=later)
        served += [claim.stream_id for claim in done]
    again = tick(database, now=now).pulls

    assert now - back <= timedelta(seconds=count / LIMIT) + TICK
    assert served == sorted(served, key=lambda number: due[number])
    assert len(set(served)) == count
    assert len(again) == 0


def test_no_statement_of_a_tick_looks_at_streams_that_rest(database):
    """Each finds its rows through an index of what is due, urgent, leased or new."""
    connect_fleet(database, 2000, now=NOW)
    connect_fleet(database, 5, now=NOW, app_id="temu:us:key", due=orders_at(NOW))
    with database.write() as connection:
        add_reconciles(connection, dict.fromkeys(Stream, MINUTE), now=NOW, limit=9999)
        if not database.is_sqlite:
            connection.execute(text("ANALYZE"))
    plans = explained(database)

    assert len(plans) > 15
    for statement, plan in plans:
        assert not scans(plan), f"{statement}\n{plan}"


def explained(database):
    """Return what one tick executes, each with the database's plan for it."""
    statements = []

    def remember(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    with database.write() as connection:
        now = database_now(connection)
        hand_out(connection, [SHARED], pace=PACE, places=1000, now=NOW)
        lanes = {APP_ID: lane(LIMIT, per_shop=False)}
        hand_out_slices(connection, lease=LEASE, lanes=lanes, places=9, now=now)
        every = dict.fromkeys(Stream, MINUTE)
        add_reconciles(connection, every, now=NOW, limit=500)
        claim_due_reconciles(
            connection, token="t", now=NOW, until=NOW + LEASE, at_once=2
        )
    event.remove(database.engine, "before_cursor_execute", remember)
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.write() as connection:
        if not database.is_sqlite:
            # A table of a few rows is read as a whole, whatever indexes it has.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [
            (
                statement,
                "\n".join(
                    str(row)
                    for row in connection.exec_driver_sql(
                        explain + statement, parameters
                    )
                ),
            )
            for statement, parameters in statements
            if statement.lstrip().startswith(("SELECT", "UPDATE"))
        ]


def scans(plan):
    """Whether a plan goes through all rows of a table that grows with the sellers."""
    tables = ("streams", "shops", "authorizations", "slices", "reconciles")
    # Indexes that hold nothing of what rests.
    small = ("lease_until", "urgent_at", "without_reconcile", "slices_open")
    return any(
        f"SCAN {table}" in line or f"Seq Scan on {table}" in line
        for line in plan.splitlines()
        for table in tables
        if not any(name in line for name in small)
    )
