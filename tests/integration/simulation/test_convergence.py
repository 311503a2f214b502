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
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.simulation.clocks import virtual_time
from tests.integration.simulation.days import Days
from tests.integration.simulation.death import Reaper, deadly
from tests.integration.simulation.marketplace import (
    RULES,
    Mishaps,
    Paging,
    SimulatedMarketplace,
)
from tests.integration.simulation.world import Tempers, World, write_history
from worker.domain.pages import StreamRules
from worker.domain.records import Stream
from worker.store.database import Database
from worker.store.export import export
from worker.store.schema import metadata

pytestmark = pytest.mark.integration

# Temu's goods: no filter by time.
READ_IN_FULL = StreamRules(has_update_filter=False)

FULL = os.environ.get("SIMULATION") == "full"
RECORDS = 30_000 if FULL else 300
LENGTH = timedelta(days=1) if FULL else timedelta(hours=2)
# In full size the two ways of paging take turns.
CASES = (
    [(seed, list(Paging)[seed % 2]) for seed in range(10)]
    if FULL
    else [(seed, paging) for seed in range(2) for paging in Paging]
)


@contextmanager
def days(
    database: Database,
    chance: random.Random,
    tempers: Tempers,
    *,
    mishaps: Mishaps | None = None,
    deaths_one_in: float = 300,
    **options: Any,
) -> Iterator[Days]:
    """Open a shop with a history, and everything that can happen to its readers."""
    world = World()
    write_history(world, tempers, chance)
    reaper = Reaper(chance, one_in=deaths_one_in)
    with virtual_time(database) as clock, deadly(database, reaper):
        marketplace = SimulatedMarketplace(
            world=world,
            clock=clock,
            chance=chance,
            mishaps=mishaps or Mishaps(),
            **options,
        )
        found = Days(
            database=database, clock=clock, marketplace=marketplace, reaper=reaper
        )
        found.connect()
        found.clock.pass_(tempers.length / 4)
        yield found


def seeded(seed: int) -> random.Random:
    """Return a chance that can be had again."""
    return random.Random(seed)  # noqa: S311 -- a simulation


@pytest.mark.parametrize(("seed", "paging"), CASES)
def test_the_rows_equal_the_truth(database, seed, paging):
    """Before a reconcile but for what came later than the overlap; after it all of them."""
    tempers = Tempers(records=RECORDS, length=LENGTH)
    cap = max(RECORDS // 4, tempers.burst_size)
    with days(
        database,
        seeded(seed),
        tempers,
        paging=paging,
        cap=cap,
        page_size=100 if FULL else 15,
        deaths_one_in=700 if FULL else 300,
    ) as simulated:
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
        assert simulated.reaper is not None
        stdout.write(
            f"{database.engine.dialect.name} {paging} seed {seed}: {RECORDS} orders, "
            f"{pulled} calls of pulls, {result['pages']} pages of a reconcile; "
            f"{simulated.reaper.kills} kills; {len(wrong)} missing or stale without the "
            f"reconcile, {len(late)} of them later than the overlap; "
            f"repaired {result['added']} + {result['updated']}\n"
        )
        stdout.flush()

        assert set(wrong) == late
        assert simulated.wrong() == {}
        assert simulated.stored().keys() == simulated.marketplace.world.living().keys()


@pytest.mark.parametrize("rules", [RULES, READ_IN_FULL])
def test_products_equal_the_truth_too(database, rules):
    """Changes that move no time and deletions are found by a reconcile, and only those."""
    length = timedelta(hours=2)
    tempers = Tempers(records=200, length=length, silent=0.05, deleted=0.01)
    with days(
        database,
        seeded(1),
        tempers,
        stream=Stream.PRODUCTS,
        rules=rules,
        page_size=15,
    ) as simulated:
        simulated.work_for(length, tick=timedelta(minutes=5))
        simulated.work_for(timedelta(hours=6), tick=timedelta(minutes=20))
        simulated.reconcile()
        simulated.catch_up()
        world = simulated.marketplace.world
        with database.read() as connection:
            status = {
                row["product_id"]: row["status"]
                for row in export(connection, Stream.PRODUCTS)
            }

        assert simulated.wrong() == {}
        assert len(world.living()) < len(world.truth)
        assert {found for found in status if status[found] == "live"} == set(
            world.living()
        )


@settings(
    max_examples=6,
    # The same examples each time: some take ten times as long as others.
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(
    seed=st.integers(0, 10**6),
    records=st.integers(1, 80),
    page_size=st.integers(4, 30),
    paging=st.sampled_from(Paging),
    late=st.floats(0, 0.3),
    burst_size=st.integers(1, 60),
    trouble=st.floats(0, 0.05),
    deaths_one_in=st.floats(100, 1000),
)
def test_whatever_the_shop_is_like_the_rows_equal_the_truth(
    database,
    *,
    seed,
    records,
    page_size,
    paging,
    late,
    burst_size,
    trouble,
    deaths_one_in,
):
    """Sizes, tempers and mishaps at random; each example in an empty database."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    length = timedelta(minutes=30)
    tempers = Tempers(
        records=records,
        length=length,
        late=late,
        bursts=0.3,
        burst_size=burst_size,
    )
    mishaps = Mishaps(
        server_error=trouble, truncated=trouble, empty=trouble, loop=trouble
    )
    with days(
        database,
        seeded(seed),
        tempers,
        mishaps=mishaps,
        paging=paging,
        cap=max(records // 4, burst_size),
        page_size=page_size,
        deaths_one_in=deaths_one_in,
    ) as simulated:
        simulated.work_for(length)
        simulated.catch_up()
        overlap = simulated.marketplace.rules.overlap
        on_time = {
            found
            for found, version in simulated.wrong().items()
            if version.lateness <= overlap
        }
        simulated.work_for(timedelta(hours=6), tick=timedelta(minutes=30))
        simulated.reconcile()
        simulated.catch_up()

        assert on_time == set()
        assert simulated.wrong() == {}
