"""A refresh whose answer got lost: probed, replayed once, then told."""

import pytest

from tests.integration.tokens.scripted import (
    EXPIRED,
    NOW,
    SHOPS,
    WEEK,
    Killed,
    error_reply,
    events,
    journal,
    lease_runs_out,
    refreshes,
    stored,
    token_reply,
    tokens,
)
from worker.domain.calls import HttpReply
from worker.domain.errors import AnswerLost, ReauthorizeShop, RetryLater
from worker.domain.grants import AuthorizationState
from worker.tokens.refresh import refresh

pytestmark = pytest.mark.integration


def test_killed_before_the_reply_is_replayed_once(desk_with, seller):
    """An intent without reply was ambiguous; the old token gets its one more try."""

    def die():
        raise Killed

    desk = desk_with(die, SHOPS, token_reply(2))
    with pytest.raises(Killed):
        refresh(desk, seller)
    lease_runs_out(desk)
    refresh(desk, seller)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert journal(desk) == ["ambiguous", "promoted"]
    assert events(desk) == [
        "authorization_refreshing",
        "authorization_ambiguous",
        "authorization_refreshing",
        "authorization_active",
    ]


def test_a_lost_answer_is_ambiguous_and_told(desk_with, seller):
    """The rotation may have happened: an operator should know."""
    desk = desk_with(AnswerLost("token", "read timeout"))
    with pytest.raises(AnswerLost):
        refresh(desk, seller)

    assert stored(desk, seller).state is AuthorizationState.AMBIGUOUS
    assert events(desk)[-1] == "authorization_ambiguous"


@pytest.mark.parametrize("probe", [SHOPS, EXPIRED], ids=["alive", "expired"])
def test_an_ambiguous_refresh_is_probed_then_replayed_once(desk_with, seller, probe):
    """Whatever the old access token is worth: an answer means that replaying makes sense."""
    lost = AnswerLost("token", "read timeout")
    desk = desk_with(lost, probe, token_reply(2))
    with pytest.raises(AnswerLost):
        refresh(desk, seller)
    refresh(desk, seller, asked_at=NOW + WEEK)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert refreshes(desk) == 2


def test_an_outage_does_not_cost_the_one_replay(desk_with, seller):
    """While the marketplace does not answer the probe, nothing is replayed."""
    lost = AnswerLost("token", "read timeout")
    desk = desk_with(lost, *[lost] * 5, SHOPS, token_reply(2))
    for _ in range(6):
        with pytest.raises(AnswerLost):
            refresh(desk, seller, asked_at=NOW + WEEK)
    assert stored(desk, seller).state is AuthorizationState.AMBIGUOUS
    assert refreshes(desk) == 1

    refresh(desk, seller, asked_at=NOW + WEEK)
    assert tokens(desk, seller) == ("access-2", "refresh-2")


def test_an_answer_that_gets_lost_twice_is_flagged(desk_with, seller):
    """The dead token is not sent a third time."""
    lost = AnswerLost("token", "read timeout")
    desk = desk_with(lost, SHOPS, lost)
    for _ in range(2):
        with pytest.raises(AnswerLost):
            refresh(desk, seller, asked_at=NOW + WEEK)
    for _ in range(3):
        with pytest.raises(ReauthorizeShop):
            refresh(desk, seller, asked_at=NOW + WEEK)

    assert stored(desk, seller).state is AuthorizationState.NEEDS_REAUTHORIZATION
    assert refreshes(desk) == 2


def test_a_replay_that_is_refused_is_flagged(desk_with, seller):
    """The rotation had happened: the marketplace says so now."""
    lost = AnswerLost("token", "read timeout")
    desk = desk_with(lost, SHOPS, error_reply(36004005))
    with pytest.raises(AnswerLost):
        refresh(desk, seller)
    with pytest.raises(ReauthorizeShop):
        refresh(desk, seller, asked_at=NOW + WEEK)

    assert stored(desk, seller).state is AuthorizationState.NEEDS_REAUTHORIZATION


def test_a_replay_that_is_answered_with_an_outage_may_be_sent_again(desk_with, seller):
    """5xx is an answer: it tells that nothing was rotated."""
    lost = AnswerLost("token", "read timeout")
    outage = HttpReply(status=503, headers={}, body=b"")
    desk = desk_with(lost, SHOPS, outage, SHOPS, token_reply(2))
    with pytest.raises(AnswerLost):
        refresh(desk, seller)
    with pytest.raises(RetryLater):
        refresh(desk, seller, asked_at=NOW + WEEK)
    refresh(desk, seller, asked_at=NOW + WEEK)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
