"""Who is present, as everybody can read it in Redis."""

import pytest
import redis

from worker.health.presence import be_absent, be_present, who_is_present

pytestmark = pytest.mark.integration


@pytest.fixture
def client(own_valkey):
    """Return a client of a Valkey without anything in it."""
    client = redis.Redis.from_url(own_valkey[1])
    yield client
    client.close()


def test_workers_and_beats_are_told_by_name(client):
    """With what they serve, and how long ago they said and heard something."""
    be_present(client, "pull@a", pid=7, queues=["pull"], silent_for=0.21, idle_for=4.0)
    be_present(client, "beat@a/9", pid=9, queues=[], silent_for=1.0, idle_for=1.0)

    beat, worker = who_is_present(client)

    assert (beat.name, worker.name) == ("beat@a/9", "pull@a")
    assert (worker.pid, worker.queues) == (7, ("pull",))
    assert (worker.silent_for, worker.idle_for) == (0.2, 4.0)
    assert 0 <= worker.age < 5


def test_who_ends_is_gone_at_once_and_who_dies_is_gone_soon(client):
    """A key that nobody renews ends by itself."""
    for name in ("ends", "dies"):
        be_present(client, name, pid=1, queues=[], silent_for=0, idle_for=0)
    be_absent(client, "ends")

    assert [found.name for found in who_is_present(client)] == ["dies"]
    assert 0 < client.pttl("sellersync:present:dies") <= 60_000
