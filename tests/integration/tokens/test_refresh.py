"""A refresh token is never lost: the refresh against a real database, step by step."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import select

from tests.integration.tokens.scripted import (
    APP,
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
    reply,
    stored,
    token_reply,
    tokens,
)
from worker.domain.calls import HttpReply
from worker.domain.errors import (
    AnswerLost,
    LeaseLost,
    OperatorError,
    ReauthorizeShop,
    RetryLater,
)
from worker.domain.grants import AuthorizationState, Grant
from worker.domain.identity import Credentials
from worker.marketplaces.configured import ConfiguredApps
from worker.store.grants import adopt_grant
from worker.store.journal import keep_reply, open_entries
from worker.store.schema.accounts import token_journal
from worker.store.schema.streams import streams
from worker.store.waiting import lease_refreshes
from worker.tokens.outcomes import back_off, bury
from worker.tokens.recovery import settle_open_entries
from worker.tokens.refresh import _renew, refresh
from worker.tokens.replies import pack
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


def test_the_reply_is_sealed_before_it_is_used(desk_with, seller):
    """Killed between reply and promotion: the next one promotes it without a call."""
    desk = desk_with(token_reply(2), Killed)
    with pytest.raises(Killed):
        refresh(desk, seller)
    assert tokens(desk, seller) == ("access-1", "refresh-1")

    lease_runs_out(desk)
    desk.gateway.script.clear()
    result = refresh(desk, seller)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert result.state is AuthorizationState.ACTIVE
    assert journal(desk) == ["promoted_after_crash"]
    assert len(desk.gateway.sent) == 1


def test_a_kept_reply_is_not_readable_without_the_key(desk_with, seller):
    """What lies in the journal is encrypted."""
    desk = desk_with(token_reply(2), Killed)
    with pytest.raises(Killed):
        refresh(desk, seller)

    with desk.database.read() as connection:
        (sealed,) = connection.execute(select(token_journal.c.sealed_reply)).scalars()
    assert b"refresh-2" not in sealed
    assert b"refresh-2" in desk.sealer.open(sealed)


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


def test_a_token_of_another_seller_is_refused(desk_with, seller):
    """It would make one seller's data another's."""
    desk = desk_with(token_reply(2, open_id="somebody-else"))
    with pytest.raises(OperatorError, match="somebody-else"):
        refresh(desk, seller)

    assert tokens(desk, seller) == ("access-1", "refresh-1")


def test_a_kept_reply_for_another_seller_is_refused_too(desk_with, seller):
    """Recovery looks as closely as the refresh itself."""
    desk = desk_with(token_reply(2, open_id="somebody-else"), Killed)
    with pytest.raises(Killed):
        refresh(desk, seller)
    lease_runs_out(desk)
    desk.gateway.script[:] = [SHOPS, token_reply(3)]
    refresh(desk, seller)

    assert tokens(desk, seller) == ("access-3", "refresh-3")
    assert journal(desk) == ["ambiguous", "promoted"]


def test_an_error_that_was_kept_does_not_hide_a_later_attempt(desk_with, seller):
    """A 429 was sealed, the next attempt was sent, and the process died."""
    desk = desk_with(HttpReply(status=429, headers={}, body=b""), Killed)
    with pytest.raises(Killed):
        refresh(desk, seller)
    lease_runs_out(desk)
    desk.gateway.script[:] = [SHOPS, token_reply(3)]
    refresh(desk, seller)

    assert "authorization_ambiguous" in events(desk)
    assert tokens(desk, seller) == ("access-3", "refresh-3")


def test_a_reply_that_cannot_be_read_is_kept_for_a_better_reader(desk_with, seller):
    """One field of the marketplace's answer has changed; the tokens are in it."""
    good = orjson.loads(token_reply(2).body)
    odd = {**good, "data": {**good["data"], "access_token_expire_in": "soon"}}
    desk = desk_with(reply(odd))
    with pytest.raises(RetryLater):
        refresh(desk, seller)
    with desk.database.write() as connection:
        (entry,) = open_entries(connection, seller, version=1)
        assert b"refresh-2" in desk.sealer.open(entry.sealed_reply)
        mended = desk.sealer.seal(pack(token_reply(2)))
        keep_reply(connection, entry.id, mended, now=NOW)

    settle_open_entries(desk, stored(desk, seller))
    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert refreshes(desk) == 1


def test_the_dead_are_searched_for_tokens_first(desk_with, seller):
    """A pull was refused while the new pair lay sealed in the journal."""
    desk = desk_with(token_reply(2), Killed)
    with pytest.raises(Killed):
        refresh(desk, seller)
    with desk.database.write() as connection:
        bury(
            connection,
            stored(desk, seller),
            ReauthorizeShop("orders", "deauthorized"),
            now=NOW,
        )
    lease_runs_out(desk)
    refresh(desk, seller)

    assert tokens(desk, seller) == ("access-2", "refresh-2")
    assert stored(desk, seller).state is AuthorizationState.ACTIVE


def test_whoever_was_frozen_before_the_call_sends_nothing(desk_with, seller):
    """Its lease was taken over meanwhile, and the token it read is rotated."""
    desk = desk_with(token_reply(2), token_reply(3))
    before = stored(desk, seller)
    refresh(desk, seller)
    with pytest.raises(LeaseLost):
        _renew(desk, before, "frozen")

    assert refreshes(desk) == 1


def test_an_app_that_is_not_configured_keeps_nobody_waiting(desk_with, seller):
    """Its authorizations back off instead of being first at every tick."""
    desk = replace(desk_with(), apps=ConfiguredApps(()))
    with pytest.raises(OperatorError):
        refresh(desk, seller)

    assert stored(desk, seller).state is AuthorizationState.BACKING_OFF
    assert stored(desk, seller).refresh_at > NOW


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
