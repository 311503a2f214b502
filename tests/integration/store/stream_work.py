"""What a worker does with the shop's orders, and how their row stands then."""

from tests.integration.store.made_up import MINUTE, NOW, SHOP_KEY
from worker.domain.records import Stream
from worker.store.claims import claim_stream
from worker.store.giving_back import finish_pull
from worker.store.streams import find_stream, request_again

LEASE = 2 * MINUTE


def claim(database, *, token="mine", now=NOW, handed=None):
    """Claim the shop's orders."""
    with database.write() as connection:
        return claim_stream(
            connection,
            SHOP_KEY,
            Stream.ORDERS,
            token=token,
            now=now,
            until=now + LEASE,
            handed=handed,
        )


def finish(database, held, *, now=NOW, next_run_at=NOW + 5 * MINUTE, **outcome):
    """Give the claim back."""
    with database.write() as connection:
        finish_pull(connection, held, now=now, next_run_at=next_run_at, **outcome)


def request(database, *, now=NOW, since=None):
    """Ask for the shop's orders."""
    with database.write() as connection:
        request_again(connection, SHOP_KEY, Stream.ORDERS, now=now, since=since)


def stored(database, stream=Stream.ORDERS):
    """Return the stream's row."""
    with database.read() as connection:
        return find_stream(connection, SHOP_KEY, stream)
