"""Temu as a whole: what the rest of the program is told."""

from dataclasses import replace

import pytest

from worker.domain.identity import App
from worker.domain.limits import Limit
from worker.domain.records import Stream
from worker.marketplaces.temu import MARKETPLACE, calls


def test_the_limit_is_shared_by_all_sellers_of_an_app(app: App) -> None:
    """Temu counts per app key, whatever the call."""
    assert MARKETPLACE.limits(calls.order_detail("PO-1"), app) == (
        Limit(name="app", calls=app.requests_per_second),
    )


def test_an_interface_may_have_a_limit_of_its_own(app: App) -> None:
    """It counts beside the app's."""
    limited = replace(app, endpoint_limits=((calls.Type.ORDER_DETAIL, 3.0),))
    of_app = Limit(name="app", calls=app.requests_per_second)

    assert MARKETPLACE.limits(calls.inspect(), limited) == (of_app,)
    assert MARKETPLACE.limits(calls.order_detail("PO-1"), limited) == (
        of_app,
        Limit(name="endpoint:bg.order.detail.v2.get", calls=3.0),
    )


def test_there_are_three_zones() -> None:
    """Each has its own apps and tokens."""
    assert MARKETPLACE.zones == ("us", "eu", "global")


def test_orders_are_read_by_windows_with_a_cap() -> None:
    """More than a hundred pages of a hundred are never shown."""
    rules = MARKETPLACE.streams[Stream.ORDERS]

    assert rules.has_update_filter
    assert rules.cap == 10_000
    assert rules.sections == ("",)


def test_the_link_for_sellers_names_the_app_and_the_state(app: App) -> None:
    """The state comes back with the code, so it must survive the address."""
    assert MARKETPLACE.authorize_url(app, state="a&b c") == (
        "https://consent.example/authorization"
        "?appKey=00112233445566778899aabbccddeeff&state=a%26b+c"
    )


def test_the_link_keeps_what_the_settings_put_into_it(app: App) -> None:
    """A redirect address stays in front."""
    configured = replace(app, consent_url="https://consent.example/?redirect_uri=r")

    assert MARKETPLACE.authorize_url(configured, state="s") == (
        "https://consent.example/?redirect_uri=r"
        "&appKey=00112233445566778899aabbccddeeff&state=s"
    )


def test_an_app_without_a_page_uses_that_of_its_zone(app: App) -> None:
    """An app made by hand has a link too."""
    bare = replace(app, zone="eu", consent_url=None)

    assert MARKETPLACE.authorize_url(bare, state="s").startswith(
        "https://seller-eu.temu.com/open-platform/client-manage/authorization?appKey="
    )


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("openapi-b-us.temu.com", "us"),
        ("openapi-b-eu.temu.com", "eu"),
        ("OpenAPI-b-global.temu.com:443", "global"),
        ("openapi-b-eu.temu.com.evil.example", None),
        ("[", None),
        ("", None),
    ],
)
def test_the_callback_host_tells_the_zone(host: str, zone: str | None) -> None:
    """A host that is not Temu's tells nothing, and is never called."""
    consent = MARKETPLACE.consent({"code": "c", "state": "s", "callback_host": host})

    assert consent.zone == zone
