"""A process that ends gives back what it leased, and nothing of others."""

import pytest

from tests.integration.store.made_up import MINUTE, NOW, SHOP_KEY
from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.claims import claim_stream, save_progress
from worker.store.leases import give_back_leases, lease_token
from worker.store.progress import Progress

pytestmark = pytest.mark.integration


def claim(connection, stream, token):
    """Claim one stream."""
    return claim_stream(
        connection, SHOP_KEY, stream, token=token, now=NOW, until=NOW + MINUTE
    )


def test_only_the_own_leases_are_given_back(connected):
    """The other worker's pull goes on."""
    with connected.write() as connection:
        mine = claim(connection, Stream.ORDERS, lease_token())
        others = claim(connection, Stream.PRODUCTS, "another-process")
        given_back = give_back_leases(connection)
        free = claim(connection, Stream.ORDERS, "next")
        taken = claim(connection, Stream.PRODUCTS, "next")

    assert given_back == 1
    assert free is not None
    assert taken is None
    with connected.write() as connection:
        save_progress(connection, others, Progress())
        with pytest.raises(LeaseLost):
            save_progress(connection, mine, Progress())


def test_no_token_is_given_twice():
    """It is the key that makes a message work once."""
    assert len({lease_token() for _ in range(1000)}) == 1000
