"""The app from the environment, and what an operator reads when it is wrong."""

from pathlib import Path

import pytest

from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.marketplaces.tiktok_shop.settings import apps

PREFIX = "SELLERSYNC_TIKTOK_SHOP__"
SECRET = "canary-secret-0f1e2d3c4b5a"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this machine and no `.env` of this folder counts."""
    for name in (
        *("APP_KEY", "APP_SECRET", "SERVICE_ID", "API_URL"),
        *("AUTH_URL", "CONSENT_URL", "REQUESTS_PER_SECOND"),
    ):
        monkeypatch.delenv(PREFIX + name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Key and secret are set."""
    monkeypatch.setenv(PREFIX + "APP_KEY", "key")
    monkeypatch.setenv(PREFIX + "APP_SECRET", SECRET)
    return monkeypatch


def test_nothing_set_is_no_app() -> None:
    """An installation may have Temu only."""
    assert apps() == ()


@pytest.mark.usefixtures("configured")
def test_key_and_secret_are_enough() -> None:
    """Everything else has a default."""
    assert apps() == (
        App(
            marketplace="tiktok_shop",
            zone="default",
            app_key="key",
            app_secret=SECRET,
            api_url="https://open-api.tiktokglobalshop.com",
            auth_url="https://auth.tiktok-shops.com",
            service_id=None,
            consent_url="https://services.tiktokshop.com",
            requests_per_second=10,
        ),
    )


def test_everything_can_be_set(configured: pytest.MonkeyPatch) -> None:
    """Blanks around a value and a slash behind an address do no harm."""
    configured.setenv(PREFIX + "APP_SECRET", f" {SECRET}\n")
    configured.setenv(PREFIX + "SERVICE_ID", "73")
    configured.setenv(PREFIX + "API_URL", "http://127.0.0.1:8010/tiktok/")
    configured.setenv(PREFIX + "AUTH_URL", "http://[::1]:8010")
    configured.setenv(PREFIX + "CONSENT_URL", "https://services.us.tiktokshop.com/")
    configured.setenv(PREFIX + "REQUESTS_PER_SECOND", "0.5")

    assert apps() == (
        App(
            marketplace="tiktok_shop",
            zone="default",
            app_key="key",
            app_secret=SECRET,
            api_url="http://127.0.0.1:8010/tiktok",
            auth_url="http://[::1]:8010",
            service_id="73",
            consent_url="https://services.us.tiktokshop.com",
            requests_per_second=0.5,
        ),
    )


def test_an_empty_variable_is_as_good_as_none(
    configured: pytest.MonkeyPatch,
) -> None:
    """Compose files hand unset variables on as empty ones."""
    defaults = apps()
    for name in ("SERVICE_ID", "API_URL", "AUTH_URL", "REQUESTS_PER_SECOND"):
        configured.setenv(PREFIX + name, "")

    assert apps() == defaults


def test_reads_the_env_file_too(tmp_path: Path) -> None:
    """The file lies where the program is started."""
    env = f"{PREFIX}APP_KEY=key\n{PREFIX}APP_SECRET={SECRET}\nSELLERSYNC_HOME=/x\n"
    (tmp_path / ".env").write_text(env)

    assert [app.app_secret for app in apps()] == [SECRET]


@pytest.mark.parametrize(
    ("given", "missing"), [("APP_KEY", "APP_SECRET"), ("APP_SECRET", "APP_KEY")]
)
@pytest.mark.parametrize("empty", [None, "", "  "], ids=repr)
def test_half_an_app_names_the_other_half(
    given: str, missing: str, empty: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable is a missing one."""
    monkeypatch.setenv(PREFIX + given, SECRET)
    if empty is not None:
        monkeypatch.setenv(PREFIX + missing, empty)
    with pytest.raises(OperatorError, match=f"^{PREFIX}{missing} is missing") as caught:
        apps()

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUESTS_PER_SECOND", "fast"),
        ("REQUESTS_PER_SECOND", "0"),
        ("REQUESTS_PER_SECOND", "-1"),
        ("REQUESTS_PER_SECOND", "nan"),
        ("REQUESTS_PER_SECOND", "inf"),
        ("API_URL", "open-api.tiktokglobalshop.com"),
        ("API_URL", "ftp://host.example"),
        ("API_URL", "https://"),
        ("API_URL", "https://[host.example"),
        ("API_URL", "https://host.example:port"),
        ("API_URL", "https://host.example:0"),
        ("AUTH_URL", "https://host.example/?app_secret=" + SECRET),
        ("CONSENT_URL", "https://host.example/#top"),
    ],
)
def test_a_bad_value_names_its_variable_and_is_not_shown(
    name: str, value: str, configured: pytest.MonkeyPatch
) -> None:
    """One line, and nothing that a value may give away."""
    configured.setenv(PREFIX + name, value)
    with pytest.raises(OperatorError, match=f"^{PREFIX}{name}: ") as caught:
        apps()

    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_all_bad_values_are_named_at_once(configured: pytest.MonkeyPatch) -> None:
    """One run is enough to find them."""
    configured.setenv(PREFIX + "API_URL", "x")
    configured.setenv(PREFIX + "AUTH_URL", "y")
    with pytest.raises(OperatorError, match=f"{PREFIX}API_URL: .*{PREFIX}AUTH_URL: "):
        apps()


@pytest.mark.usefixtures("configured")
def test_the_secret_is_in_no_repr() -> None:
    """An app may be logged."""
    assert SECRET not in repr(apps())
