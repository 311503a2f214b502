"""What can be asked of a running sandbox, and what can be done to it."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.sandbox.console import sellers, stats
from worker.sandbox.control import NotUnderstood, obey
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.sandbox import Sandbox
from worker.sandbox.scenarios import Churn, Scenario

SHOPS = "/authorization/202309/shops"
INFO = "bg.open.accesstoken.info.get"


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a small sandbox."""
    return make_sandbox()


def test_sellers_can_be_connected_again_and_again(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """Codes stay the same until they are used; then there are new ones."""
    first = sellers(sandbox, "http://here")
    assert first == sellers(sandbox, "http://here")

    tiktok_caller(sandbox).connect()
    temu = temu_caller(sandbox)
    code = sandbox.temu["eu"].zone.malls.code(temu.mall, int(temu.clock()))
    temu.result("bg.open.accesstoken.create", access_token=code, code=code)
    second: Any = sellers(sandbox, "http://here")

    assert first != second
    tiktok_caller(sandbox).token(
        "get",
        "authorized_code",
        auth_code=second["tiktok_shop"]["sellers"][0]["auth_code"],
    )
    token = second["temu"]["eu"]["malls"][0]["access_token"]
    assert temu.answer(INFO, access_token=token)["success"]


def test_the_environment_fits_the_sellers(sandbox: Sandbox) -> None:
    """The settings name the keys and addresses that the sellers' list names."""
    listed: Any = sellers(sandbox, "http://here:1")

    variables = settings_environment("http://here:1", SandboxOptions())

    tiktok, eu = listed["tiktok_shop"], listed["temu"]["eu"]
    assert variables["SELLERSYNC_TIKTOK_SHOP__APP_KEY"] == tiktok["app_key"]
    assert variables["SELLERSYNC_TIKTOK_SHOP__APP_SECRET"] == tiktok["app_secret"]
    assert variables["SELLERSYNC_TIKTOK_SHOP__API_URL"] == tiktok["api_url"]
    assert variables["SELLERSYNC_TIKTOK_SHOP__REQUESTS_PER_SECOND"] == "10"
    assert variables["SELLERSYNC_TEMU__EU__APP_KEY"] == eu["app_key"]
    assert variables["SELLERSYNC_TEMU__EU__API_URL"] == eu["api_url"]
    assert variables["SELLERSYNC_TEMU__EU__REQUESTS_PER_SECOND"] == "20"
    assert len(variables) == 7 + 3 * 5


def test_stats_name_every_app(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """Each app of each zone has its counters."""
    tiktok_caller(sandbox).connect().answer("GET", SHOPS, {})

    report: Any = stats(sandbox)

    apps = report["apps"]
    assert [name.split(":")[0] for name in apps] == [
        "tiktok_shop",
        "temu",
        "temu",
        "temu",
    ]
    tiktok = next(iter(apps.values()))
    assert (tiktok["calls"], tiktok["violations"], tiktok["limit"]) == (2, 0, 10)
    assert tiktok["endpoints"] == {"/api/v2/token/get": 1, SHOPS: 1}


def test_the_world_can_be_set_in_motion_and_stopped(sandbox: Sandbox) -> None:
    """Churn, freeze, scenario and latency take effect at once, in one command or more."""
    obey(sandbox, {"churn": 3, "freeze": True, "scenario": "churn", "latency_ms": 20})

    assert (sandbox.world.churn, sandbox.world.frozen) == (3.0, True)
    assert sandbox.conditions.scenario.summary == Churn.summary
    assert sandbox.conditions.latency_seconds == 0.02

    obey(sandbox, {"scenario": None, "freeze": False})

    assert sandbox.conditions.scenario.summary == Scenario.summary
    assert sandbox.world.frozen is False


def test_a_touch_changes_the_world(sandbox: Sandbox) -> None:
    """So many things happen at once, even while the world is frozen."""
    sandbox.world.frozen = True
    before = {shop.shop_key: dict(shop.orders.true) for shop in sandbox.world.shops()}

    obey(sandbox, {"touch": 30})

    after = {shop.shop_key: dict(shop.orders.true) for shop in sandbox.world.shops()}
    assert before != after


def test_sellers_can_be_revoked(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """An open_id or a mall_id names who withdraws the grant."""
    tiktok, temu = tiktok_caller(sandbox).connect(), temu_caller(sandbox)

    obey(sandbox, {"revoke": tiktok.seller.open_id})
    obey(sandbox, {"revoke": temu.mall.shop.shop_id})

    assert tiktok.answer("GET", SHOPS, {})["code"] == 105001
    assert temu.answer(INFO)["errorCode"] == 3000031


def test_access_tokens_can_be_ended(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """All TikTok Shop access tokens end; Temu's, which cannot be renewed, stay."""
    tiktok, temu = tiktok_caller(sandbox).connect(), temu_caller(sandbox)

    obey(sandbox, {"expire_access_tokens": True})

    assert tiktok.answer("GET", SHOPS, {})["code"] == 105002
    assert temu.answer(INFO)["success"]


def test_scopes_can_be_taken_and_come_back_with_a_new_grant(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """One scope of one owner goes; authorising again brings it back."""
    tiktok, temu = tiktok_caller(sandbox).connect(), temu_caller(sandbox)
    scope = "seller.authorization.info"

    obey(sandbox, {"drop_scope": {"owner": tiktok.seller.open_id, "scope": scope}})
    obey(sandbox, {"drop_scope": {"owner": temu.mall.shop.shop_id, "scope": INFO}})

    assert tiktok.answer("GET", SHOPS, {})["code"] == 105005
    assert temu.answer(INFO)["errorCode"] == 3000032
    assert tiktok.connect().answer("GET", SHOPS, {})["code"] == 0


def test_the_marketplaces_clock_can_be_set(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """A clock that is 40 s behind finds our time too new; Temu bears five minutes."""
    tiktok, temu = tiktok_caller(sandbox).connect(), temu_caller(sandbox)

    obey(sandbox, {"clock_offset_seconds": -40})

    assert "more than 30 seconds" in tiktok.answer("GET", SHOPS, {})["message"]
    assert temu.answer(INFO)["success"]
    obey(sandbox, {"clock_offset_seconds": 301})
    assert temu.answer(INFO)["errorCode"] == 3000012


def test_addresses_can_be_refused(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """Calls, token calls too, are refused until the address is on the list again."""
    tiktok, temu = tiktok_caller(sandbox).connect(), temu_caller(sandbox)

    obey(sandbox, {"refuse_addresses": True})

    assert tiktok.answer("GET", SHOPS, {})["code"] == 36009033
    refused = tiktok.token("get", "authorized_code", auth_code="any")
    assert refused["code"] == 36009033
    assert temu.answer(INFO)["errorCode"] == 5000003
    obey(sandbox, {"refuse_addresses": False})
    assert tiktok.answer("GET", SHOPS, {})["code"] == 0


def test_counters_can_be_reset(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any], temu_caller: Callable[..., Any]
) -> None:
    """After a reset every app has sent nothing."""
    tiktok_caller(sandbox).connect()
    temu_caller(sandbox).answer(INFO)

    obey(sandbox, {"reset_stats": True})

    report: Any = stats(sandbox)
    assert [app["calls"] for app in report["apps"].values()] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "commands",
    [
        [],
        {"dance": 1},
        {"churn": -1},
        {"churn": True},
        {"scenario": "weather"},
        {"freeze": "yes"},
        {"touch": 1.5},
        {"revoke": "nobody"},
        {"drop_scope": {"owner": "nobody", "scope": "x"}},
        {"drop_scope": "x"},
        {"expire_access_tokens": False},
        {"latency_ms": "5"},
        {"clock_offset_seconds": True},
        {"refuse_addresses": 1},
        {"reset_stats": 1},
    ],
)
def test_nonsense_is_refused(sandbox: Sandbox, commands: object) -> None:
    """A command that is unknown or makes no sense is named."""
    with pytest.raises(NotUnderstood):
        obey(sandbox, commands)
