"""A shop to reconcile."""

from collections.abc import Iterator

import pytest

from tests.integration.reconcile.passes import shop_with
from tests.integration.simulation.days import Days


@pytest.fixture
def forty(database) -> Iterator[Days]:
    """Return a shop with forty products."""
    with shop_with(database, 40) as days:
        yield days
