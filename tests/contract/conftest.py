"""Every marketplace there is, each of its calls, and a made-up app and seller for it."""

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from worker.domain.calls import Call
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.marketplace import Marketplace
from worker.domain.pages import PageRequest, Window
from worker.marketplaces import marketplaces

NOW = datetime(2025, 11, 22, 13, 45, 30, tzinfo=UTC)
# Forty letters and digits: as short as the secrets of marketplaces get.
SECRETS = {
    "app_secret": "canary0secret00f1e2d3c4b5a69788796a5b4c3",
    "access_token": "canary0access001a2b3c4d5e6f7a8b9c0d1e2f3",
    "refresh_token": "canary0refresh04d5e6f7a8b9c0d1e2f3a4b5c6",
    "auth_code": "canary0code00007a8b9c0d1e2f3a4b5c6d7e8f9",
}

Conversations = dict[str, Callable[[], Generator[Call, object, object]]]


def conversations_of(marketplace: Marketplace) -> Conversations:
    """Everything that can be asked of a marketplace, by name."""
    shop = Shop(
        marketplace=marketplace.name,
        zone=marketplace.zones[0],
        shop_id="7000714532876273420",
        cipher="GCP_XF90igAAAABh00qs",
    )
    grant = Grant(
        subject="7000714532876273420",
        access_token=SECRETS["access_token"],
        access_expires_at=NOW + timedelta(days=7),
    )
    window = Window(start=NOW - timedelta(hours=1), end=NOW)
    pages: Conversations = {
        f"page-{stream}-{section}": partial(
            marketplace.page,
            PageRequest(stream=stream, shop=shop, window=window, section=section),
        )
        for stream, rules in marketplace.streams.items()
        for section in rules.sections
    }
    return pages | {
        "exchange": marketplace.exchange,
        "refresh": marketplace.refresh,
        "shops": lambda: marketplace.shops(grant, zone=shop.zone),
        "orders": lambda: marketplace.orders(shop, ("576461413038785752",)),
        "products": lambda: marketplace.products(shop, ("1729592969712207008",)),
    }


def first_calls(marketplace: Marketplace) -> Iterator[tuple[str, Call]]:
    """What each conversation asks first, if it asks at all."""
    for name, conversation in conversations_of(marketplace).items():
        call = next(conversation(), None)
        if call is not None:
            yield name, call


@pytest.fixture(params=marketplaces().values(), ids=lambda found: found.name)
def marketplace(request: pytest.FixtureRequest) -> Marketplace:
    """One marketplace after the other."""
    found: Marketplace = request.param
    return found


@pytest.fixture(
    params=[
        pytest.param((found, call), id=f"{found.name}-{name}")
        for found in marketplaces().values()
        for name, call in first_calls(found)
    ]
)
def asked(request: pytest.FixtureRequest) -> tuple[Marketplace, Call]:
    """One call after the other, with the marketplace that it is for."""
    found: tuple[Marketplace, Call] = request.param
    return found


@pytest.fixture(
    params=[
        pytest.param(conversation, id=f"{found.name}-{name}")
        for found in marketplaces().values()
        for name, conversation in conversations_of(found).items()
    ]
)
def conversation(
    request: pytest.FixtureRequest,
) -> Generator[Call, object, object]:
    """One conversation after the other, not begun yet."""
    start: Callable[[], Generator[Call, object, object]] = request.param
    return start()


@pytest.fixture
def app_of() -> Callable[[Marketplace], App]:
    """An app in a marketplace's first zone."""
    return lambda marketplace: App(
        marketplace=marketplace.name,
        zone=marketplace.zones[0],
        app_key="68xu9ks5p4i8",
        app_secret=SECRETS["app_secret"],
        api_url="https://api.example/entrance",
        auth_url="https://auth.example",
        service_id="7300000000000000001",
        consent_url="https://consent.example",
        requests_per_second=10,
    )


@pytest.fixture
def credentials() -> Credentials:
    """Tokens that nobody issued."""
    return Credentials(
        access_token=SECRETS["access_token"],
        refresh_token=SECRETS["refresh_token"],
        auth_code=SECRETS["auth_code"],
    )


@pytest.fixture
def secrets() -> frozenset[str]:
    """What must not be seen anywhere."""
    return frozenset(SECRETS.values())
