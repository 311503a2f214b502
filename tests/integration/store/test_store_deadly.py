"""Turns that begin and never end, as their workers die: counted, and given more time."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from config.settings import Settings
from tests.integration.store.made_up import MINUTE, NOW, SHOP_KEY
from worker.domain.records import Stream
from worker.runtime import build_runtime
from worker.schedule.deadly import TOLERATED, hold_longer
from worker.store.claims import claim_stream, lease_streams, save_progress
from worker.store.database import database_now
from worker.store.events import recent_events
from worker.store.giving_back import finish_pull
from worker.store.progress import Progress
from worker.store.schema.streams import streams
from worker.store.sealing import Sealer
from worker.store.streams import find_stream

pytestmark = pytest.mark.integration

LEASE = 2 * MINUTE
KEY = Fernet.generate_key().decode()


@pytest.fixture
def sealer():
    """Return a sealer whose key a runtime can be told."""
    return Sealer((KEY,))


def begin(database, *, now=NOW, handed=None):
    """Begin a turn, as a worker does; return the claim and how long its lease is."""
    with database.write() as connection:
        claim = claim_stream(
            connection,
            SHOP_KEY,
            Stream.ORDERS,
            token=f"worker-{now}",
            now=now,
            until=now + LEASE,
            handed=handed,
        )
        assert claim is not None
        hold_longer(connection, claim, now=now, lease=LEASE)
        lease_until = stored(connection).lease_until
    assert lease_until is not None
    return claim, lease_until - now


def stored(connection):
    """Return the stream's row."""
    found = find_stream(connection, SHOP_KEY, Stream.ORDERS)
    assert found is not None
    return found


def die(database, times):
    """Begin so many turns, each when the lease of the one before is over; return leases."""
    now, leases = NOW, []
    for _ in range(times):
        leases.append(begin(database, now=now)[1])
        now += leases[-1] + MINUTE
    return leases, now


def told(database):
    """Return the names of all events."""
    with database.read() as connection:
        return [event.name for event in recent_events(connection, limit=100)]


def test_a_stream_that_ends_its_workers_is_tried_ever_more_rarely(connected):
    """Up to an hour apart; other reasons to die are tolerated, and one event tells of it."""
    leases, _ = die(connected, 10)

    assert [lease / LEASE for lease in leases] == [1, 1, 1, 2, 4, 8, 16, 30, 30, 30]
    assert told(connected).count("stream_ends_workers") == 1


def test_a_page_or_an_end_is_enough(connected):
    """Whatever happened before, a turn that got anywhere does not end its worker."""
    _, now = die(connected, TOLERATED)
    claim, _ = begin(connected, now=now)
    with connected.write() as connection:
        save_progress(connection, claim, Progress())
    now += 60 * MINUTE
    claim, lease = begin(connected, now=now)
    assert (claim.begun, lease) == (1, LEASE)
    with connected.write() as connection:
        finish_pull(connection, claim, now=now, next_run_at=now)

    assert begin(connected, now=now + MINUTE)[0].begun == 1


def test_what_is_only_handed_out_has_not_begun(connected):
    """A message that gets lost, as with Redis, says nothing about the stream."""
    with connected.read() as connection:
        number = stored(connection).id
    for time in range(5):
        with connected.write() as connection:
            lease_streams(
                connection, [number], token=f"message-{time}", until=NOW + LEASE
            )
    claim, lease = begin(connected, handed="message-4")

    assert (claim.begun, lease) == (1, LEASE)


def test_a_worker_holds_such_a_stream_for_longer(connected, monkeypatch, tmp_path):
    """With its settings, before it reads anything."""
    for name, value in {
        "HOME": str(tmp_path),
        "ENCRYPTION_KEYS": KEY,
        "DATABASE_URL": connected.engine.url.render_as_string(hide_password=False),
    }.items():
        monkeypatch.setenv(f"SELLERSYNC_{name}", value)
    with connected.write() as connection:
        connection.execute(update(streams).values(begun=TOLERATED))
    here = build_runtime(Settings())
    try:
        assert here.pulls.claim(SHOP_KEY, Stream.ORDERS) is not None
        lease = here.settings.schedule.lease
    finally:
        here.close()
    with connected.read() as connection:
        lease_until = stored(connection).lease_until
        assert lease_until is not None
        left = lease_until - database_now(connection)

    assert lease < left < 2 * lease
    assert told(connected).count("stream_ends_workers") == 1
