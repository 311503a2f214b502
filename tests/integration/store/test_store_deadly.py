"""Turns that begin and never end, as their workers die: counted, and given more time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Table, select, update

from config.settings import Settings
from tests.integration.store.made_up import MINUTE, NOW, SHOP_KEY
from worker.domain.pages import Window
from worker.domain.records import Stream
from worker.runtime import Runtime, build_runtime
from worker.schedule.deadly import TOLERATED, hold_longer
from worker.store import claims, reconcile_claims, slice_claims, slice_outcomes
from worker.store.database import database_now
from worker.store.events import recent_events
from worker.store.giving_back import finish_pull
from worker.store.progress import Progress
from worker.store.reconciles import request_reconcile
from worker.store.schema.reconciles import reconciles
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.sealing import Sealer
from worker.store.slices import add_slices

pytestmark = pytest.mark.integration

LEASE = 2 * MINUTE
KEY = Fernet.generate_key().decode()


@pytest.fixture
def sealer():
    """Return a sealer whose key a runtime can be told."""
    return Sealer((KEY,))


@dataclass(frozen=True)
class Work:
    """One kind of turn: how it begins, writes, ends, and is handed out."""

    table: Table
    claim: Callable[..., Any]
    hold_until: Callable[..., None]
    save: Callable[..., None]
    end: Callable[..., None]
    hand_out: Callable[..., Any]
    by_worker: Callable[[Runtime], Any]


def claim_slice_of_history(connection, shop_key, stream, *, handed=None, now, **lease):
    """Begin to read the only slice."""
    if handed is not None:
        number = connection.execute(select(slices.c.id)).scalar_one()
        return slice_claims.claim_slice(connection, number, handed=handed, **lease)
    (found,) = slice_claims.claim_slices_of(
        connection, shop_key, stream, now=now, limit=1, **lease
    )
    return found


PULL = Work(
    table=streams,
    claim=claims.claim_stream,
    hold_until=claims.hold_until,
    save=claims.save_progress,
    end=lambda connection, claim: finish_pull(
        connection, claim, now=NOW, next_run_at=NOW
    ),
    hand_out=lambda connection, number, **lease: claims.lease_streams(
        connection, [number], **lease
    ),
    by_worker=lambda here: here.pulls.claim(SHOP_KEY, Stream.ORDERS),
)
SLICE = Work(
    table=slices,
    claim=claim_slice_of_history,
    hold_until=slice_claims.hold_until,
    save=slice_outcomes.save_slice,
    end=lambda connection, claim: slice_outcomes.give_back_slice(
        connection, claim, next_run_at=NOW
    ),
    hand_out=lambda connection, number, **lease: slice_claims.lease_slices(
        connection, slices.c.id == number, **lease
    ),
    by_worker=lambda here: here.slices.claim_of(SHOP_KEY, Stream.ORDERS, limit=1),
)
RECONCILE = Work(
    table=reconciles,
    claim=reconcile_claims.claim_reconcile,
    hold_until=reconcile_claims.hold_until,
    save=reconcile_claims.save_walk,
    end=lambda connection, claim: reconcile_claims.give_back_reconcile(
        connection, claim, next_run_at=NOW
    ),
    hand_out=lambda connection, number, **lease: reconcile_claims.lease_reconciles(
        connection, reconciles.c.id == number, **lease
    ),
    by_worker=lambda here: here.reconciles.claim(SHOP_KEY, Stream.ORDERS),
)
every_kind = pytest.mark.parametrize(
    "work", [PULL, SLICE, RECONCILE], ids=["pull", "slice", "reconcile"]
)


@pytest.fixture
def busy(connected):
    """Return a database with one of each to do for the orders of a shop."""
    with connected.write() as connection:
        window = Window(start=NOW - MINUTE, end=NOW)
        add_slices(connection, SHOP_KEY, Stream.ORDERS, [window], now=NOW)
        request_reconcile(connection, SHOP_KEY, Stream.ORDERS, now=NOW)
    return connected


def row_of(connection, work):
    """Return the row of the orders."""
    of_orders = work.table.c.stream == Stream.ORDERS.value
    return connection.execute(select(work.table).where(of_orders)).one()


def begin(database, work, *, now=NOW, handed=None):
    """Begin a turn, as a worker does; return the claim and how long its lease is."""
    with database.write() as connection:
        claim = work.claim(
            connection,
            SHOP_KEY,
            Stream.ORDERS,
            token=f"worker-{now}",
            now=now,
            until=now + LEASE,
            handed=handed,
        )
        assert claim is not None
        hold_longer(connection, claim, work.hold_until, now=now, lease=LEASE)
        return claim, row_of(connection, work).lease_until - now


def die(database, work, times):
    """Begin so many turns, each when the lease of the one before is over; return leases."""
    now, leases = NOW, []
    for _ in range(times):
        leases.append(begin(database, work, now=now)[1])
        now += leases[-1] + MINUTE
    return leases, now


def told(database):
    """Return the names of all events."""
    with database.read() as connection:
        return [event.name for event in recent_events(connection, limit=100)]


@every_kind
def test_work_that_ends_its_workers_is_tried_ever_more_rarely(busy, work):
    """Up to an hour apart; other reasons to die are tolerated, and one event tells of it."""
    leases, _ = die(busy, work, 10)

    assert [lease / LEASE for lease in leases] == [1, 1, 1, 2, 4, 8, 16, 30, 30, 30]
    assert told(busy).count("stream_ends_workers") == 1


@every_kind
def test_a_page_or_an_end_is_enough(busy, work):
    """Whatever happened before, a turn that got anywhere does not end its worker."""
    _, now = die(busy, work, TOLERATED)
    claim, _ = begin(busy, work, now=now)
    with busy.write() as connection:
        work.save(connection, claim, Progress(window_end=NOW))
    now += 60 * MINUTE
    claim, lease = begin(busy, work, now=now)
    assert (claim.begun, lease) == (1, LEASE)
    with busy.write() as connection:
        work.end(connection, claim)

    assert begin(busy, work, now=now + MINUTE)[0].begun == 1


@every_kind
def test_what_is_only_handed_out_has_not_begun(busy, work):
    """A message that gets lost, as with Redis, says nothing about the work."""
    with busy.read() as connection:
        number = row_of(connection, work).id
    for time in range(5):
        with busy.write() as connection:
            token = f"message-{time}"
            work.hand_out(connection, number, token=token, until=NOW + LEASE)
    claim, lease = begin(busy, work, handed="message-4")

    assert (claim.begun, lease) == (1, LEASE)


@every_kind
def test_a_worker_holds_such_work_for_longer(busy, work, monkeypatch, tmp_path):
    """With its settings, before it reads anything."""
    for name, value in {
        "HOME": str(tmp_path),
        "ENCRYPTION_KEYS": KEY,
        "DATABASE_URL": busy.engine.url.render_as_string(hide_password=False),
    }.items():
        monkeypatch.setenv(f"SELLERSYNC_{name}", value)
    with busy.write() as connection:
        connection.execute(update(work.table).values(begun=TOLERATED))
    here = build_runtime(Settings())
    try:
        assert work.by_worker(here)
        lease = here.settings.schedule.lease
    finally:
        here.close()
    with busy.read() as connection:
        left = row_of(connection, work).lease_until - database_now(connection)

    assert lease < left < 2 * lease
    assert told(busy).count("stream_ends_workers") == 1
