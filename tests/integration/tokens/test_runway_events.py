"""Whose authorization ends soon is told in time, once per mark."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.integration.tokens.scripted import NOW, events, token_reply
from worker.store.authorizations import find_authorization, remember_runway
from worker.store.events import recent_events
from worker.store.schema.accounts import authorizations as rows
from worker.tokens.refresh import refresh
from worker.tokens.runway import tell_runway

pytestmark = pytest.mark.integration


def ends_in(desk, **time):
    """Let the refresh token end this far from now."""
    with desk.database.write() as connection:
        connection.execute(
            update(rows).values(refresh_expires_at=NOW + timedelta(**time))
        )


def test_each_mark_is_told_once(desk_with, seller):
    """However often one looks."""
    desk = desk_with()
    told = []
    for days in (40, 29, 28, 13, 6, 5, 0.5, 0.2):
        ends_in(desk, days=days)
        told.append((tell_runway(desk), tell_runway(desk)))

    assert seller
    assert told == [(0, 0), (1, 0), (0, 0), (1, 0), (1, 0), (0, 0), (1, 0), (0, 0)]
    with desk.database.read() as connection:
        marks = [event.detail["days"] for event in recent_events(connection, limit=9)]
    assert marks == [1, 7, 14, 30]


def test_the_event_says_what_to_send_to_whom(desk_with, seller):
    """The shop, and the link or what is missing for it."""
    desk = desk_with()
    ends_in(desk, days=3)
    tell_runway(desk)

    with desk.database.read() as connection:
        (event,) = recent_events(connection, limit=9)
    assert (event.name, event.shop_key) == (
        "authorization_ends_soon",
        "tiktok_shop:default:1",
    )
    assert "SERVICE_ID" in event.detail["link"]
    assert seller


def test_looking_at_a_token_again_tells_nothing_twice(desk_with, seller):
    """A reply that moves no end, as Temu's daily ones, is no new count."""
    desk = desk_with(token_reply(2))
    with desk.database.write() as connection:
        connection.execute(
            update(rows).values(
                refresh_expires_at=datetime.fromtimestamp(4854580847, UTC)
            )
        )
        remember_runway(connection, seller, 7)
    refresh(desk, seller)

    with desk.database.read() as connection:
        assert find_authorization(connection, seller).runway_told == 7


def test_new_tokens_start_the_count_anew(desk_with, seller):
    """The next time it runs out, it is told again."""
    desk = desk_with(token_reply(2), token_reply(3))
    ends_in(desk, days=3)
    tell_runway(desk)
    refresh(desk, seller)
    assert tell_runway(desk) == 0

    ends_in(desk, days=3)
    assert tell_runway(desk) == 1
    assert events(desk).count("authorization_ends_soon") == 2
