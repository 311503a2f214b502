"""What a worker takes for hearing: its loop turns, and messages that wait are taken."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import redis
from celery.worker import state

from worker.health.hearing import QUIET, Hearing

pytestmark = pytest.mark.integration

LONG_AGO = time.monotonic() - 10 * QUIET


@dataclass
class Consumer:
    """Serves one queue, with room for one message."""

    initial_prefetch_count: int = 1
    task_consumer: object = field(
        default_factory=lambda: SimpleNamespace(queues=[SimpleNamespace(name="pull")])
    )


class Message:
    """A message that a worker has taken."""


@pytest.fixture
def client(own_valkey):
    """Return a client of a Valkey without anything in it."""
    client = redis.Redis.from_url(own_valkey[1])
    yield client
    client.close()


@pytest.fixture
def hearing():
    """Return the hearing of a worker whose loop turns, and that got nothing for long."""
    hearing = Hearing()
    hearing.listen(Consumer())
    hearing.received_at = LONG_AGO
    return hearing


def test_an_idle_worker_hears(client, hearing):
    """Nothing waits, so nothing is to be heard."""
    assert hearing.queues() == ["pull"]
    assert hearing.hears(client)
    assert hearing.silent_for() < QUIET < hearing.idle_for()


def test_a_loop_that_does_not_turn_is_deaf(client, hearing):
    """However empty its queues are."""
    hearing.turned_at = LONG_AGO

    assert not hearing.hears(client)


def test_who_takes_nothing_of_what_waits_is_deaf(client, hearing):
    """Its loop may turn; until it takes something again."""
    client.lpush("sellersync:pull", b"{}")
    before = hearing.hears(client)
    hearing.receive()

    assert (before, hearing.hears(client)) == (False, True)


def test_who_has_no_room_takes_nothing_and_hears(client, hearing):
    """All its places are taken by long pages."""
    client.lpush("sellersync:pull", b"{}")
    taken = Message()
    state.reserved_requests.add(taken)
    try:
        assert hearing.hears(client)
    finally:
        state.reserved_requests.discard(taken)


def test_without_redis_nothing_is_said(hearing):
    """The watchdog counts that for nothing."""
    nowhere = redis.Redis(port=1, socket_connect_timeout=1)

    with pytest.raises(redis.RedisError):
        hearing.hears(nowhere)
