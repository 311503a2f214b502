"""Connecting a seller: a code is spent once, and its tokens are never lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.integration.tokens.scripted import (
    APP,
    NOW,
    TIKTOK,
    Killed,
    error_reply,
    events,
    journal,
    lease_runs_out,
    reply,
    token_reply,
    tokens,
)
from worker.domain.errors import (
    AnswerLost,
    OperatorError,
    ReauthorizeShop,
    Unreachable,
)
from worker.store import authorizations, resting, shops
from worker.store.schema.accounts import token_journal
from worker.store.streams import all_streams
from worker.tokens.connect import connect_by_code
from worker.tokens.orphans import settle_orphans
from worker.tokens.outcomes import bury
from worker.tokens.refresh import refresh
from worker.tokens.shops import VANISHED, discover_shops

pytestmark = pytest.mark.integration


def shops_reply(*ids):
    """Return a good reply with the shops of these ids."""
    found = [
        {"id": shop_id, "name": f"Shop {shop_id}", "region": "GB", "cipher": "c"}
        for shop_id in ids
    ]
    return reply({"code": 0, "message": "Success", "data": {"shops": found}})


def connect(desk, code="code-1", **options):
    """Connect a seller with a code."""
    return connect_by_code(desk, TIKTOK, APP, code, **options)


def everyone(desk):
    """Return all authorizations."""
    with desk.database.read() as connection:
        return authorizations.all_authorizations(connection)


def paused(desk):
    """Return why each shop rests."""
    with desk.database.read() as connection:
        return {
            found.shop.shop_id: found.paused for found in shops.all_shops(connection)
        }


def time_passes(desk):
    """Let the journal's open entries grow old."""
    with desk.database.write() as connection:
        connection.execute(
            update(token_journal).values(started_at=NOW - timedelta(hours=1))
        )


def test_a_code_becomes_an_authorization_with_shops_and_due_streams(desk_with):
    """Both streams of each shop are due at once."""
    desk = desk_with(token_reply(1), shops_reply("1", "2"))
    connected = connect(desk)

    assert connected.name == "Example Seller"
    assert connected.added == ("tiktok_shop:default:1", "tiktok_shop:default:2")
    assert tokens(desk, connected.authorization_id) == ("access-1", "refresh-1")
    with desk.database.read() as connection:
        assert len([s for s in all_streams(connection) if s.next_run_at]) == 4


def test_the_same_code_twice_is_exchanged_once(desk_with):
    """The second time says what the first one led to."""
    desk = desk_with(token_reply(1), shops_reply("1"), shops_reply("1"))
    first = connect(desk)
    second = connect(desk)

    assert second.authorization_id == first.authorization_id
    assert [endpoint for endpoint, _ in desk.gateway.sent].count(
        "/api/v2/token/get"
    ) == 1


def test_the_same_code_at_the_same_moment_is_exchanged_once(desk_with):
    """The others wait for the one that was first."""
    desk = desk_with(token_reply(1), *[shops_reply("1")] * 6)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: connect(desk), range(6)))

    assert len({found.authorization_id for found in results}) == 1
    assert len(everyone(desk)) == 1


def test_a_refused_code_stays_refused_without_another_call(desk_with):
    """It is used, expired or wrong, and stays so."""
    desk = desk_with(error_reply(36004004))
    for _ in range(2):
        with pytest.raises(ReauthorizeShop):
            connect(desk)

    assert len(desk.gateway.sent) == 1
    assert everyone(desk) == []


def test_a_code_that_never_arrived_may_be_submitted_again(desk_with):
    """The marketplace was not reached, so the code is unspent."""
    away = Unreachable("token", "connection refused")
    desk = desk_with(away, token_reply(1), shops_reply("1"))
    with pytest.raises(Unreachable):
        connect(desk)

    assert connect(desk).added == ("tiktok_shop:default:1",)


def test_a_code_whose_answer_got_lost_is_not_sent_again(desk_with):
    """It may be spent; a new one is the only safe way."""
    desk = desk_with(AnswerLost("token", "read timeout"))
    with pytest.raises(AnswerLost):
        connect(desk)
    with pytest.raises(ReauthorizeShop, match="AnswerLost"):
        connect(desk)

    assert len(desk.gateway.sent) == 1


def test_killed_after_the_reply_the_seller_is_connected_later(desk_with):
    """The code is spent, so the sealed reply is all there is; it is not lost."""
    desk = desk_with(token_reply(1), Killed)
    with pytest.raises(Killed):
        connect(desk)
    assert settle_orphans(desk) == 0

    time_passes(desk)
    desk.gateway.script[:] = [shops_reply("1")]
    assert settle_orphans(desk) == 1
    (found,) = everyone(desk)
    assert tokens(desk, found.id) == ("access-1", "refresh-1")
    assert journal(desk) == ["adopted_after_crash"]
    assert paused(desk) == {"1": None}


def test_a_late_rescue_does_not_overwrite_newer_tokens(desk_with):
    """The seller has connected again meanwhile, with a second code."""
    desk = desk_with(token_reply(1), Killed)
    with pytest.raises(Killed):
        connect(desk)
    desk.gateway.script[:] = [token_reply(2), shops_reply("1"), shops_reply("1")]
    number = connect(desk, "code-2").authorization_id
    time_passes(desk)
    settle_orphans(desk)

    assert tokens(desk, number) == ("access-2", "refresh-2")
    assert journal(desk) == ["superseded", "adopted"]


def test_a_shop_that_moves_to_another_grant_is_pulled_again(desk_with):
    """The old grant is dead, its streams rest; another account covers the shop now."""
    desk = desk_with(
        token_reply(1),
        shops_reply("1"),
        token_reply(2, open_id="another"),
        shops_reply("1"),
    )
    old = connect(desk).authorization_id
    with desk.database.write() as connection:
        found = authorizations.find_authorization(connection, old)
        bury(connection, found, ReauthorizeShop("orders", "ended"), now=NOW)
    connect(desk, "code-2")

    with desk.database.read() as connection:
        assert None not in [found.next_run_at for found in all_streams(connection)]


def test_an_older_grant_does_not_take_a_shop_back(desk_with):
    """Only a seller who has just authorised moves shops between living grants."""
    desk = desk_with(
        token_reply(1),
        shops_reply("1"),
        token_reply(2, open_id="another"),
        shops_reply("1"),
        shops_reply("1"),
    )
    old = connect(desk).authorization_id
    new = connect(desk, "code-2").authorization_id
    discover_shops(desk, old)

    with desk.database.read() as connection:
        (found,) = shops.all_shops(connection)
    assert found.authorization_id == new


def test_one_empty_list_stops_nobody(desk_with):
    """It proves nothing; the next look will tell."""
    desk = desk_with(token_reply(1), shops_reply("1", "2"), shops_reply())
    number = connect(desk).authorization_id
    discover_shops(desk, number)

    assert paused(desk) == {"1": None, "2": None}


def test_killed_before_the_reply_the_operator_is_told(desk_with):
    """Nothing can be saved, but nobody waits for it either."""

    def die():
        raise Killed

    desk = desk_with(die)
    with pytest.raises(Killed):
        connect(desk)
    time_passes(desk)

    assert settle_orphans(desk) == 0
    assert events(desk) == ["connect_interrupted"]
    assert settle_orphans(desk) == 0


def test_an_interrupted_refresh_is_finished_although_it_is_not_due(desk_with, seller):
    """Somebody forced it, days before its time, and the process died."""
    desk = desk_with(token_reply(7), token_reply(8), Killed)
    refresh(desk, seller)
    with pytest.raises(Killed):
        refresh(desk, seller, asked_at=NOW + timedelta(days=1))
    assert tokens(desk, seller) == ("access-7", "refresh-7")

    time_passes(desk)
    lease_runs_out(desk)
    # A watch has an end, however many calls died in one night.
    assert settle_orphans(desk, should_stop=lambda: True) == 0
    assert tokens(desk, seller) == ("access-7", "refresh-7")
    assert settle_orphans(desk) == 1
    assert tokens(desk, seller) == ("access-8", "refresh-8")
    assert settle_orphans(desk) == 0


def test_the_codes_themselves_are_not_stored(desk_with):
    """Only a digest, enough to know one again."""
    desk = desk_with(token_reply(1), shops_reply("1"))
    connect(desk, "code-canary")

    with desk.database.read() as connection:
        rows = connection.execute(select(token_journal)).all()
    assert "code-canary" not in str(rows)


def test_a_token_for_another_seller_is_refused_and_stored_nowhere(desk_with):
    """Signing in with the wrong account must not replace a shop's tokens."""
    desk = desk_with(token_reply(1, open_id="somebody-else"))
    with pytest.raises(OperatorError, match="not for seller-1"):
        connect(desk, subject="seller-1")

    assert everyone(desk) == []


def test_authorising_again_replaces_the_tokens_of_the_same_seller(desk_with, seller):
    """One row per seller and app; the dead one lives again."""
    desk = desk_with(token_reply(5), shops_reply("1"))
    connected = connect(desk)

    assert connected.authorization_id == seller
    assert tokens(desk, seller) == ("access-5", "refresh-5")
    assert connected.added == ()


def test_a_shop_that_vanished_is_paused_and_wakes_when_it_is_back(desk_with):
    """Its data stays; an operator's own pause is left alone."""
    desk = desk_with(
        token_reply(1),
        shops_reply("1", "2", "3"),
        shops_reply("1"),
        shops_reply("1", "2", "3"),
    )
    number = connect(desk).authorization_id
    with desk.database.write() as connection:
        resting.pause_shop(connection, "tiktok_shop:default:3", reason="by hand")

    discover_shops(desk, number)
    assert paused(desk) == {"1": None, "2": VANISHED, "3": "by hand"}
    discover_shops(desk, number)
    assert paused(desk) == {"1": None, "2": None, "3": "by hand"}
