"""The consent pages ask, and send the seller back to the app's own page."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from worker.sandbox.consent import (
    ConsentRefused,
    TemuDesk,
    TikTokShopDesk,
    question,
)
from worker.sandbox.sandbox import Sandbox


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a small sandbox."""
    return make_sandbox()


@pytest.fixture
def tiktok(sandbox: Sandbox) -> TikTokShopDesk:
    """Return TikTok Shop's page."""
    return TikTokShopDesk(sandbox.tiktok_shop.market, sandbox.options)


@pytest.fixture
def temu(sandbox: Sandbox) -> TemuDesk:
    """Return the page of Temu's European zone."""
    return TemuDesk(sandbox.temu["eu"].zone, sandbox.options)


def parameters(url: str) -> dict[str, str]:
    """Return what a way back carries."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_page_belongs_to_the_service(sandbox, tiktok):
    """The app key is not the service id; the page shows each seller and a code."""
    keys = sandbox.tiktok_shop.market.keys
    page = question(tiktok, {"service_id": keys.service_id, "state": '"><script>'})

    assert page.count("<form") == len(sandbox.tiktok_shop.market.sellers.all)
    assert f"--auth-code {sandbox.tiktok_shop.market.sellers.all[0].auth_code}" in page
    assert "<script>" not in page
    with pytest.raises(ConsentRefused, match="does not exist"):
        question(tiktok, {"service_id": keys.app_key})


def test_who_agrees_goes_back_with_a_code_and_the_state(sandbox, tiktok):
    """The way back is registered; the link says nothing of it."""
    market = sandbox.tiktok_shop.market
    seller = market.sellers.all[1]
    query = {"service_id": market.keys.service_id, "state": "s-1"}
    url = tiktok.way_back(query, seller.open_id, agrees=True)

    assert url.startswith("http://127.0.0.1:8000/authorize/tiktok-shop/callback?")
    assert parameters(url) == {
        "app_key": market.keys.app_key,
        "code": seller.auth_code,
        "locale": "en",
        "shop_region": seller.region,
        "state": "s-1",
    }


def test_who_refuses_goes_back_without_a_code(sandbox, tiktok):
    """TikTok Shop writes the word null."""
    market = sandbox.tiktok_shop.market
    query = {"service_id": market.keys.service_id, "state": "s-1"}
    url = tiktok.way_back(query, market.sellers.all[0].open_id, agrees=False)

    assert parameters(url) == {"code": "null", "error": "auth_denied", "state": "s-1"}


def test_temu_names_the_host_that_the_code_is_for(sandbox, temu):
    """The zone is not guessed from a country."""
    zone = sandbox.temu["eu"].zone
    mall = zone.malls.all[0]
    query = {
        "appKey": zone.keys.app_key,
        "state": "s-2",
        "redirect_uri": "http://127.0.0.1:8000/authorize/temu/callback",
    }
    url = temu.way_back(query, mall.shop.shop_id, agrees=True)

    assert parameters(url) == {
        "app_key": zone.keys.app_key,
        "callback_host": "openapi-b-eu.temu.com",
        "code": mall.code,
        "state": "s-2",
    }


def test_temu_sends_nobody_to_a_page_that_is_not_registered(sandbox, temu):
    """Else anybody could have the code."""
    key = sandbox.temu["eu"].zone.keys.app_key
    with pytest.raises(ConsentRefused, match="not registered"):
        question(temu, {"appKey": key, "redirect_uri": "https://evil.example/"})
