"""What Redis hands to a worker that is ending goes back to its queue."""

from contextlib import suppress

import pytest
import redis
from celery.worker import state
from kombu import Connection, Consumer, Exchange, Producer, Queue

from config.embedded import redis_url
from config.settings import Settings
from worker.health.transport import use_steady_transport

pytestmark = pytest.mark.integration

QUEUE = Queue("pull", Exchange("pull"), routing_key="pull")


@pytest.fixture
def client(own_valkey):
    """Return a client of a Valkey without anything in it."""
    client = redis.Redis.from_url(own_valkey[1])
    yield client
    client.close()


@pytest.fixture
def producer(connect):
    """Return who sends to the queue."""
    return Producer(connect(), exchange=QUEUE.exchange, routing_key="pull")


@pytest.fixture
def connect(own_valkey):
    """Return connections as workers have them, to that Valkey."""
    use_steady_transport()
    broker = redis_url(Settings(redis_url=own_valkey[1])).broker
    connections = []

    def connect(**options):
        connections.append(Connection(broker, transport_options=options))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.release()


@pytest.fixture
def listen(connect):
    """Return how somebody asks Redis for the next message, and waits so many seconds."""

    def listen(seconds):
        connection = connect(polling_interval=seconds)
        consumer = Consumer(
            connection, [QUEUE], on_message=lambda _: pytest.fail("taken")
        )
        consumer.consume()
        read(consumer)
        return consumer

    return listen


def read(consumer):
    """Turn the loop once."""
    with suppress(TimeoutError):
        consumer.connection.drain_events(timeout=0.1)


def test_the_answer_to_its_last_question(producer, listen, client, monkeypatch):
    """It is asked to end, then somebody sends a message, which Redis hands out at once."""
    worker = listen(60)
    monkeypatch.setattr(state, "should_stop", 0)
    producer.publish({})
    assert client.llen("pull") == 0

    worker.cancel()

    assert client.llen("pull") == 1
    assert client.hlen("unacked") == 0


def test_no_answer(listen, client, monkeypatch):
    """Nobody sends anything: it waits until Redis says so."""
    worker = listen(1)
    monkeypatch.setattr(state, "should_stop", 0)

    worker.cancel()

    assert client.llen("pull") == 0


def test_a_queue_less_is_not_the_end(producer, listen, client):
    """An operator takes the queue away: it reads the answer when its loop comes to it."""
    worker = listen(60)
    producer.publish({})

    worker.cancel()
    before = client.llen("pull")
    read(worker)

    assert (before, client.llen("pull")) == (0, 1)
