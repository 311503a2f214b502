"""Canaries: a queue that nobody serves is told once, and once when it is served again."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from config.queues import Queue
from worker.schedule.canaries import silences, sing, tell_silent_canaries
from worker.store.canaries import all_canaries
from worker.store.events import recent_events
from worker.store.schema.canaries import canaries

pytestmark = pytest.mark.integration

EVERY = timedelta(seconds=30)


@pytest.fixture
def watched(database):
    """Return a database whose queues have all been heard of once."""
    tell_silent_canaries(database, every=EVERY)
    for queue in Queue:
        sing(database, queue, worker="any@host")
    return database


def grow_old(database, queue, age):
    """Let a canary have been heard so long ago."""
    with database.write() as connection:
        connection.execute(
            update(canaries)
            .where(canaries.c.queue == queue)
            .values(heard_at=canaries_of(database)[queue].heard_at - age)
        )


def canaries_of(database):
    """Return the canaries by queue."""
    with database.read() as connection:
        return {found.queue: found for found in all_canaries(connection)}


def told(database):
    """Return the events, oldest first."""
    with database.read() as connection:
        found = recent_events(connection, limit=100)
    return [(event.name, event.detail["queue"]) for event in reversed(found)]


def test_a_queue_that_is_served_is_not_told(watched):
    """Every canary has just been heard, by a worker that is named."""
    assert tell_silent_canaries(watched, every=EVERY) == (0, 0)
    assert told(watched) == []
    assert {found.worker for found in canaries_of(watched).values()} == {"any@host"}
    assert set(silences(watched)) == set(Queue)
    assert max(silences(watched).values()) < EVERY


def test_a_silent_queue_is_told_once_however_many_look(watched):
    """The second worker that looks finds it told."""
    grow_old(watched, Queue.TOKENS, EVERY * 4)

    counts = [tell_silent_canaries(watched, every=EVERY) for _ in range(2)]

    assert counts == [(1, 0), (0, 0)]
    assert told(watched) == [("queue_silent", "tokens")]
    assert silences(watched)[Queue.TOKENS] > EVERY * 3


def test_a_queue_that_is_served_again_is_told(watched):
    """Once, too."""
    grow_old(watched, Queue.PULL, EVERY * 4)
    tell_silent_canaries(watched, every=EVERY)
    sing(watched, Queue.PULL, worker="other@host")

    counts = [tell_silent_canaries(watched, every=EVERY) for _ in range(2)]

    assert counts == [(0, 1), (0, 0)]
    assert told(watched) == [("queue_silent", "pull"), ("queue_served_again", "pull")]


def test_a_queue_that_nobody_ever_served_is_told(database):
    """It is expected from the first look on."""
    tell_silent_canaries(database, every=EVERY)
    grow_old(database, Queue.BACKFILL, EVERY * 4)

    assert tell_silent_canaries(database, every=EVERY) == (1, 0)
    assert told(database) == [("queue_silent", "backfill")]
