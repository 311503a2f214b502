"""Who makes a pass, and when."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.reconcile.passes import (
    last_turn,
    reconcile_once,
    request,
    stored,
)
from tests.integration.simulation.clocks import virtual_time
from tests.integration.simulation.days import SHOP, Days
from tests.integration.simulation.marketplace import SimulatedMarketplace
from tests.integration.simulation.world import World
from worker.domain.records import Stream
from worker.store.reconcile_claims import claim_reconcile
from worker.store.reconciles import request_reconcile
from worker.store.removal import remove_shop
from worker.store.resting import pause_shop
from worker.store.schema.reconciles import missing_records, reconciles, sightings
from worker.store.streams import find_stream
from worker.store.waiting_reconciles import add_reconciles, claim_due_reconciles

pytestmark = pytest.mark.integration


def emptied(page):
    """Return the page of a list that has forgotten everything."""
    return replace(page, records=(), next_cursor=None, total=0)


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
