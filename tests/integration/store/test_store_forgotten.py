"""Work that should run and has no next time is found, planned and told."""

import pytest
from sqlalchemy import update

from tests.integration.store.made_up import NOW, SHOP_KEY
from worker.domain.grants import AuthorizationState
from worker.domain.records import Stream
from worker.schedule.forgotten import revive_forgotten
from worker.store.events import recent_events
from worker.store.resting import pause_shop, suspend_streams
from worker.store.schema.accounts import authorizations
from worker.store.schema.streams import streams
from worker.store.streams import find_stream

pytestmark = pytest.mark.integration


def forget(database, stream=Stream.ORDERS, **values):
    """Take a stream's next time away, as no code of ours does."""
    with database.write() as connection:
        connection.execute(
            update(streams)
            .where(streams.c.stream == stream.value)
            .values(next_run_at=None, **values)
        )


def next_run(database, stream=Stream.ORDERS):
    """Return when a stream is due."""
    with database.read() as connection:
        found = find_stream(connection, SHOP_KEY, stream)
    assert found is not None
    return found.next_run_at


def told(database):
    """Return the names of the events."""
    with database.read() as connection:
        return [event.name for event in recent_events(connection, limit=10)]


def test_what_has_a_next_time_is_left_alone(connected):
    """However far away it is."""
    assert revive_forgotten(connected) == 0
    assert next_run(connected) == NOW
    assert told(connected) == []


def test_a_stream_without_next_time_and_without_reason_is_due_again(connected):
    """With one event, and only that stream."""
    forget(connected)

    counts = [revive_forgotten(connected) for _ in range(2)]

    assert counts == [1, 0]
    assert next_run(connected) is not None
    assert told(connected) == ["stream_was_forgotten"]


def test_a_stream_that_rests_for_a_reason_goes_on_resting(connected):
    """Its shop is paused, its scope is missing, or its seller has to authorise again."""
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="by the operator")
    paused = revive_forgotten(connected)
    with connected.write() as connection:
        connection.exec_driver_sql("UPDATE shops SET paused = NULL")
    forget(connected, disabled="ScopeMissing: orders")
    forget(connected, Stream.PRODUCTS, disabled="ScopeMissing: products")
    disabled = revive_forgotten(connected)
    with connected.write() as connection:
        connection.exec_driver_sql("UPDATE streams SET disabled = NULL")
        suspend_streams(connection, [SHOP_KEY])
        connection.execute(
            update(authorizations).values(
                state=AuthorizationState.NEEDS_REAUTHORIZATION.value, refresh_at=None
            )
        )
    dead = revive_forgotten(connected)

    assert (paused, disabled, dead) == (0, 0, 0)
    assert next_run(connected) is None
    assert told(connected) == []


def test_a_token_that_nobody_would_refresh_is_due_again(connected):
    """Its seller would be lost without a sound."""
    with connected.write() as connection:
        connection.execute(update(authorizations).values(refresh_at=None))

    counts = [revive_forgotten(connected) for _ in range(2)]

    assert counts == [1, 0]
    assert told(connected) == ["refresh_was_forgotten"]
