"""The database converges to the marketplace's truth, whatever happens on the way.

The size is small here; `SIMULATION=full` runs 10 seeds x 30,000 orders and prints what it
found (`pytest -s`).
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from sys import stdout

import pytest

from tests.integration.simulation.clocks import virtual_time
from tests.integration.simulation.days import Days
from tests.integration.simulation.death import Reaper, deadly
from tests.integration.simulation.marketplace import (
    Mishaps,
    Paging,
    SimulatedMarketplace,
)
from tests.integration.simulation.world import Tempers, World, write_history
from worker.store.database import Database

pytestmark = pytest.mark.integration

FULL = os.environ.get("SIMULATION") == "full"
RECORDS = 30_000 if FULL else 600
LENGTH = timedelta(days=1) if FULL else timedelta(hours=2)
PAGE_SIZE = 100 if FULL else 15
SEEDS = range(10 if FULL else 2)


@contextmanager
def days(database: Database, seed: int, paging: Paging) -> Iterator[Days]:
    """Open a shop with a history, and everything that can happen to its readers."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation, and it must repeat
    world = World()
    write_history(world, Tempers(records=RECORDS, length=LENGTH), chance)
    reaper = Reaper(chance, one_in=700 if FULL else 300)
    with virtual_time(database) as clock, deadly(database, reaper):
        marketplace = SimulatedMarketplace(
            world=world,
            clock=clock,
            chance=chance,
            paging=paging,
            mishaps=Mishaps(),
            page_size=PAGE_SIZE,
            cap=RECORDS // 4,
        )
        found = Days(
            database=database, clock=clock, marketplace=marketplace, reaper=reaper
        )
        found.connect()
        yield found


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_equal_the_truth(database, seed, paging):
    """Before a reconcile but for what came later than the overlap; after it all of them."""
    with days(database, seed, paging) as simulated:
        simulated.clock.pass_(LENGTH / 4)
        simulated.work_for(LENGTH)
        simulated.catch_up()
        wrong = simulated.wrong()
        pulled = simulated.marketplace.calls.total()
        overlap = simulated.marketplace.rules.overlap
        late = {found for found, version in wrong.items() if version.lateness > overlap}
        # Until the last of them has become visible.
        simulated.work_for(timedelta(hours=6), tick=timedelta(minutes=20))
        result = simulated.reconcile()
        simulated.catch_up()
        stdout.write(
            f"{database.engine.dialect.name} {paging} seed {seed}: {RECORDS} orders, "
            f"{pulled} calls of pulls, {result['pages']} pages of a reconcile; "
            f"{simulated.reaper.kills} kills; {len(wrong)} missing or stale without the "
            f"reconcile, {len(late)} of them later than the overlap; "
            f"repaired {result['added']} + {result['updated']}\n"
        )

        assert set(wrong) == late
        assert simulated.wrong() == {}
        assert simulated.stored().keys() == simulated.marketplace.world.living().keys()
