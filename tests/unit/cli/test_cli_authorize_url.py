"""`sellersync authorize-url` prints the link to send to a seller."""

from urllib.parse import parse_qs, urlsplit

import pytest


@pytest.fixture(autouse=True)
def _apps(home, monkeypatch):
    """Name an app for TikTok Shop and one for Temu's European zone."""
    del home  # it clears the environment first
    for name, value in {
        "TIKTOK_SHOP__APP_KEY": "tiktok-key",
        "TIKTOK_SHOP__APP_SECRET": "tiktok-secret",
        "TIKTOK_SHOP__SERVICE_ID": "service-1",
        "TEMU__EU__APP_KEY": "temu-key",
        "TEMU__EU__APP_SECRET": "temu-secret",
    }.items():
        monkeypatch.setenv(f"SELLERSYNC_{name}", value)


def query_of(link: str) -> dict[str, str]:
    """Return the parameters of a link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_the_link_is_all_that_is_printed(sellersync):
    """One line, so that it can be piped on."""
    ended = sellersync("authorize-url", "tiktok-shop", "--state", "order-7")

    assert ended.status == 0
    assert query_of(ended.out.decode().strip()) == {
        "service_id": "service-1",
        "state": "order-7",
    }


@pytest.mark.parametrize("place", [("--zone", "eu"), ("--country", "de")])
def test_the_country_picks_the_zone(sellersync, place):
    """Germany is served by the European zone, whose app is named in the link."""
    link = sellersync("authorize-url", "temu", *place, "--json").document["url"]

    assert query_of(link)["appKey"] == "temu-key"


def test_the_state_is_random_and_told(sellersync):
    """Without `--state` each link has its own, and `--json` names it."""
    documents = [
        sellersync("authorize-url", "tiktok-shop", "--json").document for _ in "12"
    ]

    assert [query_of(each["url"])["state"] for each in documents] == [
        each["state"] for each in documents
    ]
    assert documents[0]["state"] != documents[1]["state"]


@pytest.mark.parametrize(
    "call",
    [
        ("temu",),
        ("temu", "--zone", "eu", "--country", "DE"),
        ("temu", "--zone", "mars"),
        ("temu", "--country", "XX"),
        ("tiktok-shop", "--zone", "eu"),
        ("ebay",),
    ],
)
def test_an_unclear_place_is_wrong_usage(sellersync, call):
    """Neither or both of zone and country, or one that there is not."""
    ended = sellersync("authorize-url", *call)

    assert (ended.status, ended.out) == (2, b"")


def test_an_app_that_is_not_configured_is_named(sellersync):
    """The line tells the variables to set."""
    ended = sellersync("authorize-url", "temu", "--country", "US")

    assert ended.status == 1
    assert ended.err == (
        "sellersync: no temu app is configured for zone us; "
        "set SELLERSYNC_TEMU__US__APP_KEY and SELLERSYNC_TEMU__US__APP_SECRET\n"
    )
