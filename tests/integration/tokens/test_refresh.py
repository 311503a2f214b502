"""A refresh token is never lost: the refresh against a real database, step by step."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.integration.tokens.scripted import (
    NOW,
    WEEK,
    error_reply,
    events,
    journal,
    reply,
    stored,
    token_reply,
    tokens,
)
from worker.domain.calls import HttpReply
from worker.domain.errors import LeaseLost, OperatorError, ReauthorizeShop, RetryLater
from worker.domain.grants import AuthorizationState
from worker.domain.identity import Credentials
from worker.marketplaces.configured import ConfiguredApps
from worker.store.schema.streams import streams
from worker.store.waiting import lease_refreshes
from worker.tokens.refresh import refresh
from worker.tokens.seller import SellerCredentials

pytestmark = pytest.mark.integration


def test_a_due_token_is_replaced_as_a_whole(desk_with, seller):
    """Both tokens and both times, in one step; the next refresh lies in the future."""
    desk = desk_with(token_reply(2))
    result = refresh(desk, seller)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert result.state is AuthorizationState.ACTIVE
    assert result.version == 2
    assert result.access_expires_at == NOW + WEEK
    assert result.refresh_expires_at == datetime.fromtimestamp(4854580847, UTC)
    assert result.refresh_at is not None
    assert result.refresh_at > NOW + timedelta(days=4)
    assert stored(desk, seller).lease_owner is None
    assert journal(desk) == ["promoted"]


def test_a_token_that_is_not_due_costs_no_call(desk_with, seller):
    """The second of two messages finds the first one's work done."""
    desk = desk_with(token_reply(2))
    refresh(desk, seller)
    refresh(desk, seller)

    assert len(desk.gateway.sent) == 1


def test_asking_anyway_refreshes_once(desk_with, seller):
    """`--force` counts a refresh that happened after it was asked for."""
    desk = desk_with(token_reply(2), token_reply(3))
    refresh(desk, seller)
    asked_at = datetime.now(UTC) + timedelta(seconds=1)
    refresh(desk, seller, asked_at=asked_at)

    assert tokens(desk, seller) == ("access-3", "refresh-3")
    refreshed_at = stored(desk, seller).refreshed_at
    refresh(desk, seller, asked_at=refreshed_at)
    assert len(desk.gateway.sent) == 2


@pytest.mark.parametrize("code", [36004001, 36004004, 36004005])
def test_only_the_marketplaces_own_word_means_dead(desk_with, seller, code):
    """Then nothing more is sent, the streams rest, and one event tells it."""
    desk = desk_with(error_reply(code))
    for _ in range(3):
        with pytest.raises(ReauthorizeShop):
            refresh(desk, seller)

    assert stored(desk, seller).state is AuthorizationState.NEEDS_REAUTHORIZATION
    assert stored(desk, seller).refresh_at is None
    assert len(desk.gateway.sent) == 1
    assert events(desk) == [
        "authorization_refreshing",
        "authorization_needs_reauthorization",
    ]
    with desk.database.read() as connection:
        due = connection.execute(select(streams.c.next_run_at)).scalars().all()
    assert due == [None, None]


@pytest.mark.parametrize(
    "answer",
    [
        HttpReply(status=503, headers={}, body=b"<html>"),
        HttpReply(status=429, headers={}, body=b""),
        HttpReply(status=200, headers={}, body=b""),
        reply({"code": 0, "message": "success", "data": {}}),
        error_reply(123456789),
    ],
    ids=["5xx", "429", "empty", "no tokens", "unknown code"],
)
def test_everything_else_is_transient(desk_with, seller, answer):
    """The old tokens stay, and it is tried again later."""
    desk = desk_with(answer)
    with pytest.raises(RetryLater):
        refresh(desk, seller)

    row = stored(desk, seller)
    assert tokens(desk, seller) == ("access-1", "refresh-1")
    assert (row.state, row.failures) == (AuthorizationState.BACKING_OFF, 1)
    assert row.refresh_at is not None
    assert row.refresh_at > NOW


def test_a_token_of_another_seller_is_refused(desk_with, seller):
    """It would make one seller's data another's."""
    desk = desk_with(token_reply(2, open_id="somebody-else"))
    with pytest.raises(OperatorError, match="somebody-else"):
        refresh(desk, seller)

    assert tokens(desk, seller) == ("access-1", "refresh-1")


def test_an_app_that_is_not_configured_keeps_nobody_waiting(desk_with, seller):
    """Its authorizations back off instead of being first at every tick."""
    desk = replace(desk_with(), apps=ConfiguredApps(()))
    with pytest.raises(OperatorError):
        refresh(desk, seller)

    assert stored(desk, seller).state is AuthorizationState.BACKING_OFF
    assert stored(desk, seller).refresh_at > NOW


def test_many_at_once_send_one_refresh(desk_with, seller):
    """The others wait for the winner and use its result."""
    desk = desk_with(*[token_reply(number) for number in range(2, 20)])
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: refresh(desk, seller), range(8)))

    assert len(desk.gateway.sent) == 1
    assert {result.version for result in results} == {2}


def test_the_same_message_twice_is_one_refresh(desk_with, seller):
    """The first swaps the lease that the message carries for its own."""
    desk = desk_with(token_reply(2), token_reply(3))
    with desk.database.write() as connection:
        now = datetime.now(UTC)
        lease_refreshes(connection, [seller], owner="tick", until=now + timedelta(1))
    refresh(desk, seller, handed="tick")
    with pytest.raises(LeaseLost):
        refresh(desk, seller, handed="tick")

    assert len(desk.gateway.sent) == 1


def test_a_rejected_token_is_renewed_only_if_it_is_still_the_stored_one(
    desk_with, seller
):
    """Two calls with the same expired token cost one refresh."""
    desk = desk_with(token_reply(2), token_reply(3))
    expired = Credentials(access_token="access-1", refresh_token="refresh-1")

    first = SellerCredentials(desk, seller).renew(expired)
    second = SellerCredentials(desk, seller).renew(expired)
    assert (first.access_token, second.access_token) == ("access-2", "access-2")
    assert len(desk.gateway.sent) == 1


def test_a_dead_authorization_gives_no_credentials(desk_with, seller):
    """So no call of any kind is made for it."""
    desk = desk_with(error_reply(36004005))
    with pytest.raises(ReauthorizeShop):
        refresh(desk, seller)

    with pytest.raises(ReauthorizeShop):
        SellerCredentials(desk, seller).current()
