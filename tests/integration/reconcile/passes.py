"""A shop whose passes are made by a test, and what they have left behind."""

import random
from contextlib import contextmanager
from datetime import timedelta

from tests.integration.simulation.clocks import virtual_time
from tests.integration.simulation.days import SHOP, Days
from tests.integration.simulation.marketplace import SimulatedMarketplace
from tests.integration.simulation.world import World
from worker.domain.records import Stream
from worker.store.events import recent_events
from worker.store.export import export
from worker.store.reconciles import find_reconcile, request_reconcile


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
