"""TikTok Shop's codes and tokens: single use, rotation, expiry, revocation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.wire import Incoming, Reply

SHOPS = "/authorization/202309/shops"


@pytest.fixture
def caller(
    make_sandbox: Callable[..., Sandbox], tiktok_caller: Callable[..., Any]
) -> Any:
    """Give a seller that is not connected yet."""
    return tiktok_caller(make_sandbox(access_token_lifetime=timedelta(hours=1)))


def fresh_code(caller: Any) -> str:
    """Return the seller's valid code."""
    code: str = caller.market.sellers.auth_code(caller.seller, int(caller.clock()))
    return code


def test_a_code_gives_tokens_with_absolute_expiries(caller: Any) -> None:
    """The answer to a code has the documented fields; expiries are points in time."""
    answer = caller.token("get", "authorized_code", auth_code=fresh_code(caller))

    data = answer["data"]
    assert (answer["code"], answer["message"]) == (0, "success")
    assert caller.clock() + 3600 == data["access_token_expire_in"]
    assert caller.clock() + 365 * 86_400 == data["refresh_token_expire_in"]
    assert caller.seller.open_id == data["open_id"]
    assert {"access_token", "refresh_token", "granted_scopes", "user_type"} < set(data)


def test_a_code_works_once(caller: Any) -> None:
    """A code that was used is refused; the next one works."""
    code = fresh_code(caller)
    caller.token("get", "authorized_code", auth_code=code)

    again = caller.token("get", "authorized_code", auth_code=code)

    assert again["code"] == 36004004
    assert fresh_code(caller) != code


def test_a_code_dies_of_age(caller: Any) -> None:
    """A code is refused half an hour after it was made."""
    code = fresh_code(caller)
    caller.clock.at += 1800

    answer = caller.token("get", "authorized_code", auth_code=code)

    assert answer["code"] == 36004004


def test_a_refresh_rotates(caller: Any) -> None:
    """A refresh gives two new tokens; the old refresh token is dead, and counted."""
    caller.connect()
    old_access, old_refresh = caller.access_token, caller.refresh_token

    renewed = caller.token("refresh", "refresh_token", refresh_token=old_refresh)
    replayed = caller.token("refresh", "refresh_token", refresh_token=old_refresh)

    assert renewed["code"] == 0
    assert renewed["data"]["access_token"] != old_access
    assert renewed["data"]["refresh_token"] != old_refresh
    assert replayed["code"] == 36004005
    assert caller.market.traffic.replayed_refreshes == 1
    assert {caller.seller.open_id: 1} == dict(caller.market.traffic.refreshes)


def test_the_access_token_before_a_refresh_has_expired(caller: Any) -> None:
    """A call in flight during a refresh learns that its token is of the past."""
    caller.connect()
    caller.token("refresh", "refresh_token", refresh_token=caller.refresh_token)

    answer = caller.answer("GET", SHOPS, {})

    assert answer["code"] == 105002


def test_a_refresh_does_not_prolong_the_grant(caller: Any) -> None:
    """The refresh token ends when the seller said, however often it is renewed."""
    caller.connect()
    end = caller.clock() + 365 * 86_400
    caller.clock.at += 1000

    renewed = caller.token(
        "refresh", "refresh_token", refresh_token=caller.refresh_token
    )

    assert end == renewed["data"]["refresh_token_expire_in"]
    assert caller.clock() + 3600 == renewed["data"]["access_token_expire_in"]


def test_an_access_token_expires(caller: Any) -> None:
    """After its lifetime a token is refused with HTTP 401 and 105002."""
    caller.connect()
    caller.clock.at += 3600

    reply = caller.send(caller.incoming("GET", SHOPS, {}))

    assert isinstance(reply, Reply)
    assert reply.status == 401
    assert caller.answer("GET", SHOPS, {})["code"] == 105002


def test_a_refresh_token_expires(caller: Any) -> None:
    """After the grant's end a refresh is refused."""
    caller.connect()
    caller.clock.at += 365 * 86_400

    answer = caller.token(
        "refresh", "refresh_token", refresh_token=caller.refresh_token
    )

    assert answer["code"] == 36004001


def test_a_revoked_grant_is_over(caller: Any) -> None:
    """After a revocation calls get 105001 and refreshes 36004005, until a new code."""
    caller.connect()
    caller.market.sellers.revoke(caller.seller.open_id)

    called = caller.answer("GET", SHOPS, {})
    refreshed = caller.token(
        "refresh", "refresh_token", refresh_token=caller.refresh_token
    )
    caller.connect()

    assert (called["code"], refreshed["code"]) == (105001, 36004005)
    assert caller.answer("GET", SHOPS, {})["code"] == 0


def test_only_the_right_secret_gets_tokens(caller: Any) -> None:
    """A wrong secret is refused, and the code stays good."""
    code = fresh_code(caller)

    refused = caller.token(
        "get", "authorized_code", auth_code=code, app_secret="another"
    )
    unknown = caller.token("get", "authorized_code", auth_code=code, app_key="other")
    accepted = caller.token("get", "authorized_code", auth_code=code)

    assert "app_secret" in refused["message"]
    codes = [answer["code"] for answer in (refused, unknown, accepted)]
    assert codes == [36009004, 36009004, 0]


def test_post_is_not_found(caller: Any) -> None:
    """The token host knows GET only; anything else is a plain 404 page."""
    path = "/api/v2/token/refresh"

    reply = caller.send(Incoming(method="POST", path=path, arrived=0))

    assert reply == Reply(
        status=404, body=b"404 page not found", media_type="text/plain"
    )


def test_the_grant_type_must_fit(caller: Any) -> None:
    """OAuth's own name of the grant type is not TikTok Shop's."""
    code = fresh_code(caller)

    answer = caller.token("get", "authorization_code", auth_code=code)

    assert answer["code"] == 98001004
