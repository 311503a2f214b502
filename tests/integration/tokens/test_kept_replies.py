"""A reply is sealed and durable before it is used, and no attempt after it hides it."""

import orjson
import pytest
from sqlalchemy import select

from tests.integration.tokens.scripted import (
    NOW,
    SHOPS,
    Killed,
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
from worker.domain.errors import ReauthorizeShop, RetryLater
from worker.domain.grants import AuthorizationState
from worker.store.journal import keep_reply, open_entries
from worker.store.schema.accounts import token_journal
from worker.tokens.outcomes import bury
from worker.tokens.recovery import settle_open_entries
from worker.tokens.refresh import refresh
from worker.tokens.replies import pack

pytestmark = pytest.mark.integration


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
