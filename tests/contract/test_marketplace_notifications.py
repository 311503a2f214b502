"""What is posted in a marketplace's name: only what its app signed is read."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.deliveries import delivery_of
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.notifications import (
    Delivery,
    DeliveryForged,
    DeliveryUnreadable,
    Kind,
)

AppOf = Callable[[Marketplace], App]


@pytest.fixture
def genuine(marketplace: Marketplace, app_of: AppOf) -> Delivery:
    """An order has changed."""
    return delivery_of(app_of(marketplace), order_id="order-1", shop_id="77")


def test_a_genuine_one_says_what_to_look_at(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """Which order of which shop."""
    found = marketplace.notification(genuine, app_of(marketplace))

    assert (found.kind, found.shop_id) == (Kind.ORDER, "77")
    assert found.record_ids == ("order-1",)
    assert found.notification_id


def test_the_same_delivery_has_the_same_id(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """And another one has another."""
    app = app_of(marketplace)
    once = marketplace.notification(genuine, app)
    again = marketplace.notification(genuine, app)
    other = marketplace.notification(
        delivery_of(app, order_id="order-1", shop_id="77", number=2), app
    )

    assert once == again
    assert once.notification_id != other.notification_id


def test_each_byte_counts(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """Whatever byte of the body is another one, it is not what was signed."""
    app = app_of(marketplace)
    for place in range(len(genuine.body)):
        changed = bytearray(genuine.body)
        changed[place] ^= 1
        delivery = Delivery(headers=genuine.headers, body=bytes(changed))

        with pytest.raises((DeliveryForged, DeliveryUnreadable)):
            marketplace.notification(delivery, app)


def test_each_header_that_it_names_counts(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """One that is missing or changed makes it a forgery."""
    app = app_of(marketplace)
    for name, value in genuine.headers.items():
        if name == "x-tm-ext-param":
            continue  # their own examples sign without it
        kept = {key: each for key, each in genuine.headers.items() if key != name}
        for headers in (kept, kept | {name: ""}, kept | {name: f"{value}0"}):
            with pytest.raises(DeliveryForged):
                marketplace.notification(
                    Delivery(headers=headers, body=genuine.body), app
                )


def test_it_is_for_one_app_only(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """Neither another key nor another secret makes it genuine."""
    app = app_of(marketplace)
    for other in (
        replace(app, app_secret="something-else-0123456789"),
        replace(app, app_key="something-else"),
    ):
        with pytest.raises(DeliveryForged):
            marketplace.notification(genuine, other)


def test_a_short_secret_is_no_crash(
    marketplace: Marketplace, app_of: AppOf, genuine: Delivery
) -> None:
    """Somebody will configure one."""
    other = replace(app_of(marketplace), app_secret="short")

    with pytest.raises(DeliveryForged):
        marketplace.notification(genuine, other)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe",
        b"[" * 9_000,
        b'{"eventData": 7}',
        b'{"eventData": "AAAA"}',
        b'{"eventData": "!"}',
    ],
)
def test_rubbish_is_refused(
    marketplace: Marketplace, app_of: AppOf, body: bytes
) -> None:
    """With or without the headers of a genuine one."""
    app = app_of(marketplace)
    headers = delivery_of(app, order_id="1", shop_id="1").headers
    for each in ({}, headers):
        with pytest.raises((DeliveryForged, DeliveryUnreadable)):
            marketplace.notification(Delivery(headers=each, body=body), app)


@pytest.mark.parametrize("order_id", [None, True, "", "a b", "x" * 129, {}, [], "\0"])
def test_an_id_that_is_none_is_not_looked_for(
    marketplace: Marketplace, app_of: AppOf, order_id: object
) -> None:
    """Though it is signed."""
    app = app_of(marketplace)
    found = marketplace.notification(
        delivery_of(app, order_id=order_id, shop_id="1"), app
    )

    assert (found.kind, found.record_ids) == (Kind.NOTHING, ())


def test_nothing_is_given_away(
    marketplace: Marketplace,
    app_of: AppOf,
    genuine: Delivery,
    secrets: frozenset[str],
) -> None:
    """A refusal may be logged."""
    other = replace(app_of(marketplace), app_secret="something-else-0123456789")
    with pytest.raises(DeliveryForged) as caught:
        marketplace.notification(genuine, other)
    shown = f"{caught.value!r} {genuine!r}"

    assert not [secret for secret in secrets if secret in shown]
