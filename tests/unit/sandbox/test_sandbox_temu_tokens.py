"""Temu's codes and tokens: single use, replacement, expiry, revocation."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.sandbox.sandbox import Sandbox

CREATE = "bg.open.accesstoken.create"
INFO = "bg.open.accesstoken.info.get"


@pytest.fixture
def caller(
    make_sandbox: Callable[..., Sandbox], temu_caller: Callable[..., Any]
) -> Any:
    """Give a mall with a valid token."""
    return temu_caller(make_sandbox())


def create(caller: Any, code: str) -> Any:
    """Exchange a code, which is the access token of this one call too."""
    return caller.answer(CREATE, access_token=code, code=code)


def test_a_code_works_once_and_replaces_the_token(caller: Any) -> None:
    """The first exchange gives a token; the second is refused, and the old token dead."""
    code = caller.zone.malls.code(caller.mall, int(caller.clock()))
    old = caller.mall.access_token

    first, second = create(caller, code), create(caller, code)

    assert first["result"]["mallId"] == int(caller.mall.shop.shop_id)
    assert second["errorCode"] == 110020002
    assert caller.answer(INFO, access_token=old)["errorCode"] == 3000034
    new = first["result"]["accessToken"]
    assert caller.answer(INFO, access_token=new)["success"]


def test_the_token_of_an_exchange_is_the_code(caller: Any) -> None:
    """An exchange that carries another token than the code is refused."""
    code = caller.zone.malls.code(caller.mall, int(caller.clock()))

    answer = caller.answer(CREATE, code=code)

    assert answer["errorCode"] == 110020002


def test_a_code_dies_of_age(caller: Any) -> None:
    """A code is refused ten minutes after it was made."""
    code = caller.zone.malls.code(caller.mall, int(caller.clock()))
    caller.clock.at += 600

    assert create(caller, code)["errorCode"] == 110020002


def test_token_info_tells_the_end_and_the_scopes(caller: Any) -> None:
    """The token's end is a point in time; scopes are the allowed types."""
    result = caller.result(INFO)

    assert caller.clock() + 365 * 86_400 == result["expiredTime"]
    assert "bg.order.list.v2.get" in result["apiScopeList"]
    assert {caller.mall.shop.shop_id: 1} == dict(caller.zone.traffic.refreshes)


def test_a_token_expires(caller: Any) -> None:
    """After its lifetime a token is refused for good."""
    caller.clock.at += 365 * 86_400

    assert caller.answer(INFO)["errorCode"] == 3000034


def test_a_revoked_token_is_unknown(caller: Any) -> None:
    """A token that the seller withdrew does not exist any more."""
    caller.zone.malls.revoke(caller.mall.shop.shop_id)

    assert caller.answer(INFO)["errorCode"] == 3000031


def test_a_token_of_another_zone_is_a_wrong_pair(
    make_sandbox: Callable[..., Sandbox], temu_caller: Callable[..., Any]
) -> None:
    """Each zone knows only its own tokens, and says so."""
    sandbox = make_sandbox()
    eu, us = temu_caller(sandbox, "eu"), temu_caller(sandbox, "us")

    answer = eu.answer(INFO, access_token=us.mall.access_token)

    assert answer["errorCode"] == 3000033
