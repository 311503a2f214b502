"""Settings: which apps the environment names, and what is wrong with it."""

import os
from pathlib import Path

import pytest

from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.marketplaces.temu import MARKETPLACE

SECRET = "canary-secret-5d8f"
PREFIX = "SELLERSYNC_TEMU__"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings of this machine and its `.env` out."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("SELLERSYNC_TEMU"):
            monkeypatch.delenv(name)


@pytest.fixture
def set_us(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Name one complete app."""
    monkeypatch.setenv(f"{PREFIX}US__APP_KEY", "0123")
    monkeypatch.setenv(f"{PREFIX}US__APP_SECRET", SECRET)
    return monkeypatch


def test_nothing_set_is_no_app() -> None:
    """Temu is optional."""
    assert MARKETPLACE.apps() == ()


@pytest.mark.usefixtures("set_us")
def test_key_and_secret_are_enough() -> None:
    """Addresses and limits have defaults."""
    assert MARKETPLACE.apps() == (
        App(
            marketplace="temu",
            zone="us",
            app_key="0123",
            app_secret=SECRET,
            api_url="https://openapi-b-us.temu.com/openapi/router",
            consent_url="https://seller.temu.com/open-platform/client-manage/authorization",
            requests_per_second=20,
        ),
    )


def test_each_zone_has_its_own_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts and sellers' pages are those of the zone."""
    for zone in ("GLOBAL", "EU"):
        monkeypatch.setenv(f"{PREFIX}{zone}__APP_KEY", f"key-{zone}")
        monkeypatch.setenv(f"{PREFIX}{zone}__APP_SECRET", SECRET)

    assert [
        (app.app_id, app.api_url, app.consent_url) for app in MARKETPLACE.apps()
    ] == [
        (
            "temu:eu:key-EU",
            "https://openapi-b-eu.temu.com/openapi/router",
            "https://seller-eu.temu.com/open-platform/client-manage/authorization",
        ),
        (
            "temu:global:key-GLOBAL",
            "https://openapi-b-global.temu.com/openapi/router",
            "https://agentseller.temu.com/open-platform/system-manage/client-manage/authorization",
        ),
    ]


def test_everything_can_be_set(set_us: pytest.MonkeyPatch) -> None:
    """Addresses, limit and the page to come back to."""
    set_us.setenv(f"{PREFIX}US__API_URL", "http://127.0.0.1:9000/temu/router")
    set_us.setenv(f"{PREFIX}US__CONSENT_URL", "http://127.0.0.1:9000/consent?lang=en")
    set_us.setenv(f"{PREFIX}US__REDIRECT_URL", "https://me.example/back?a=1&b=2")
    set_us.setenv(f"{PREFIX}US__REQUESTS_PER_SECOND", "7.5")

    (app,) = MARKETPLACE.apps()

    assert app.api_url == "http://127.0.0.1:9000/temu/router"
    assert app.requests_per_second == 7.5
    assert app.consent_url == (
        "http://127.0.0.1:9000/consent?lang=en"
        "&redirect_uri=https%3A%2F%2Fme.example%2Fback%3Fa%3D1%26b%3D2"
    )


def test_a_file_can_set_it_too(tmp_path: Path) -> None:
    """`.env` of the working directory counts."""
    (tmp_path / ".env").write_text(
        f"{PREFIX}EU__APP_KEY=key\n{PREFIX}EU__APP_SECRET={SECRET}\n"
    )

    assert [app.app_id for app in MARKETPLACE.apps()] == ["temu:eu:key"]


def test_blank_variables_count_as_not_set(set_us: pytest.MonkeyPatch) -> None:
    """Compose files pass on what nobody has set; line ends of secrets are no part."""
    set_us.setenv(f"{PREFIX}US__APP_SECRET", f" {SECRET}\n")
    set_us.setenv(f"{PREFIX}US__API_URL", "")
    set_us.setenv(f"{PREFIX}US__REQUESTS_PER_SECOND", " ")
    set_us.setenv(f"{PREFIX}EU__APP_KEY", "")

    (app,) = MARKETPLACE.apps()

    assert (app.app_secret, app.requests_per_second) == (SECRET, 20)
    assert app.api_url == "https://openapi-b-us.temu.com/openapi/router"


@pytest.mark.parametrize(
    ("present", "absent"), [("APP_KEY", "APP_SECRET"), ("APP_SECRET", "APP_KEY")]
)
def test_half_an_app_is_an_error(
    present: str, absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text names both variables and shows neither value."""
    monkeypatch.setenv(f"{PREFIX}GLOBAL__{present}", SECRET)

    with pytest.raises(OperatorError) as caught:
        MARKETPLACE.apps()

    assert (
        f"{PREFIX}GLOBAL__{present} is set but {PREFIX}GLOBAL__{absent} is not"
    ) == str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("US__REQUESTS_PER_SECOND", SECRET),
        ("US__REQUESTS_PER_SECOND", "0"),
        ("US__REQUESTS_PER_SECOND", "inf"),
        ("US__REQUESTS_PER_SECOND", "nan"),
        ("US__API_URL", SECRET),
        ("US__API_URL", f"ftp://{SECRET}"),
        ("US__API_URL", f"https://{SECRET}\u2100"),
        ("US__CONSENT_URL", "https://"),
        ("US__REDIRECT_URL", SECRET),
        ("US__APPSECRET", SECRET),
        ("US", SECRET),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(
    name: str, value: str, set_us: pytest.MonkeyPatch
) -> None:
    """One line that begins with its name, also if there is no such variable."""
    set_us.setenv(f"{PREFIX}{name}", value)

    with pytest.raises(OperatorError) as caught:
        MARKETPLACE.apps()

    message = str(caught.value)
    assert message.startswith(f"{PREFIX}{name}: ")
    assert SECRET not in message
    assert "\n" not in message
    assert caught.value.__cause__ is None


def test_a_zone_that_does_not_exist_is_named(set_us: pytest.MonkeyPatch) -> None:
    """The United Kingdom, for one, is in the zone eu."""
    set_us.setenv(f"{PREFIX}UK__APP_KEY", "key")

    with pytest.raises(OperatorError) as caught:
        MARKETPLACE.apps()

    assert str(caught.value) == (f"{PREFIX}UK: Input should be 'us', 'eu' or 'global'")


def test_what_is_no_json_is_named(set_us: pytest.MonkeyPatch) -> None:
    """The parent of all these variables is itself one, by accident."""
    set_us.setenv("SELLERSYNC_TEMU", SECRET)

    with pytest.raises(OperatorError, match=r"^SELLERSYNC_TEMU is not JSON; write"):
        MARKETPLACE.apps()
