"""Whoever was frozen with a lease and wakes up late spoils nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.integration.tokens.scripted import (
    APP,
    NOW,
    WEEK,
    error_reply,
    journal,
    refreshes,
    stored,
    token_reply,
    tokens,
)
from worker.domain.errors import LeaseLost, ReauthorizeShop, RetryLater
from worker.domain.grants import AuthorizationState, Grant
from worker.store.grants import adopt_grant
from worker.store.schema.streams import streams
from worker.tokens.outcomes import back_off, bury
from worker.tokens.refresh import _renew, refresh

pytestmark = pytest.mark.integration


def test_a_holder_that_was_frozen_cannot_overwrite_newer_tokens(desk_with, seller):
    """Its reply came back after somebody else had stored a newer set."""

    def overtaken():
        newer = Grant(
            subject="seller-1",
            access_token="access-9",
            access_expires_at=NOW + WEEK,
            refresh_token="refresh-9",
        )
        with desk.database.write() as connection:
            adopt_grant(
                connection,
                APP,
                newer,
                sealer=desk.sealer,
                now=NOW,
                refresh_at=NOW + timedelta(days=5),
            )
        return token_reply(2)

    desk = desk_with(overtaken)
    refresh(desk, seller)

    assert tokens(desk, seller) == ("access-9", "refresh-9")
    assert journal(desk) == ["superseded"]


def test_tokens_that_were_thought_lost_wake_the_seller(desk_with, seller):
    """A frozen holder brings them after somebody else has flagged the authorization."""

    def flagged_meanwhile():
        with desk.database.write() as connection:
            bury(
                connection,
                stored(desk, seller),
                ReauthorizeShop("token refresh", "unknown refresh token"),
                now=NOW,
            )
        return token_reply(2)

    desk = desk_with(flagged_meanwhile)
    refresh(desk, seller)

    assert stored(desk, seller).state is AuthorizationState.ACTIVE
    with desk.database.read() as connection:
        due = connection.execute(select(streams.c.next_run_at)).scalars().all()
    assert None not in due


def test_whoever_was_frozen_before_the_call_sends_nothing(desk_with, seller):
    """Its lease was taken over meanwhile, and the token it read is rotated."""
    desk = desk_with(token_reply(2), token_reply(3))
    before = stored(desk, seller)
    refresh(desk, seller)
    with pytest.raises(LeaseLost):
        _renew(desk, before, "frozen")

    assert refreshes(desk) == 1


def test_the_dead_stay_dead_whatever_comes_in_late(desk_with, seller):
    """A slower worker's failure must not wake what the marketplace has declared dead."""
    desk = desk_with(error_reply(36004005))
    before = stored(desk, seller)
    with pytest.raises(ReauthorizeShop):
        refresh(desk, seller)
    with desk.database.write() as connection:
        back_off(connection, before, RetryLater("token", "late"), now=NOW)

    assert stored(desk, seller).state is AuthorizationState.NEEDS_REAUTHORIZATION
    assert stored(desk, seller).refresh_at is None
