"""Temu's notifications: the printed examples, and what each event is about."""

import json
from pathlib import Path

import pytest

from tests.deliveries import temu
from worker.domain.identity import App
from worker.domain.notifications import (
    Delivery,
    DeliveryForged,
    DeliveryUnreadable,
    Kind,
)
from worker.marketplaces.temu.webhooks import decrypted, notification, sign

VECTOR = json.loads((Path(__file__).parents[3] / "vectors" / "temu.json").read_text())[
    "webhook"
]
TEXT = VECTOR["aes"]["plaintext"]


def app(**fields):
    """An app in the first zone."""
    values = {"app_key": "demo-test-app", "app_secret": VECTOR["app_secret"], **fields}
    return App(
        marketplace="temu",
        zone="us",
        api_url="https://api.example",
        requests_per_second=1,
        **values,
    )


def printed(signature):
    """The example of the guide with a signature."""
    return Delivery(
        headers=VECTOR["headers"] | {"x-tm-signature": signature},
        body=json.dumps({"eventData": VECTOR["aes"]["eventData"]}).encode(),
    )


def test_the_printed_text_comes_out():
    """Key and start of the AES are the beginning of the secret."""
    assert decrypted(VECTOR["aes"]["eventData"], VECTOR["app_secret"]) == TEXT.encode()


def test_both_printed_signatures_come_out():
    """With the extra header and without."""
    headers = dict(VECTOR["headers"])
    with_extra = sign(VECTOR["app_secret"], headers, TEXT.encode())
    del headers["x-tm-ext-param"]

    assert with_extra == VECTOR["expected_with_ext_param"]
    assert (
        sign(VECTOR["app_secret"], headers, TEXT.encode())
        == VECTOR["expected_without_ext_param"]
    )


@pytest.mark.parametrize(
    "which", ["expected_with_ext_param", "expected_without_ext_param"]
)
def test_either_printed_signature_is_genuine(which):
    """Nobody knows which of them is sent."""
    found = notification(printed(VECTOR[which]), app())

    # It is about an order, but does not say which.
    assert (found.kind, found.event) == (Kind.NOTHING, "bg_test_event")


@pytest.mark.parametrize(
    "signature",
    [
        VECTOR["wrong_doc_java_variant"],
        VECTOR["expected_with_ext_param"].upper(),
        "",
    ],
)
def test_other_signatures_are_not(signature):
    """Neither that of the documentation's own sample code."""
    with pytest.raises(DeliveryForged):
        notification(printed(signature), app())


@pytest.mark.parametrize("signs_extra", [True, False])
@pytest.mark.parametrize(
    ("event", "message", "kind", "ids"),
    [
        (
            "bg_order_status_change_event",
            {"mallId": 1024, "parentOrderSn": "PO-211-1", "orderSn": "211-2"},
            Kind.ORDER,
            ("PO-211-1",),
        ),
        (
            "bg_aftersales_status_change",
            {"mallId": 1024, "parentAfterSalesSn": "1", "parentOrderSn": "PO-9"},
            Kind.ORDER,
            ("PO-9",),
        ),
        ("bg_open_event_test", {"mallId": 1024}, Kind.NOTHING, ()),
    ],
)
def test_what_an_event_is_about(event, message, kind, ids, signs_extra):
    """The order, by the number that we know it by."""
    found = notification(
        temu(app(), message, event=event, signs_extra=signs_extra), app()
    )

    assert (found.kind, found.shop_id, found.event) == (kind, "1024", event)
    assert found.record_ids == ids


def test_two_changes_that_look_alike_are_two():
    """Of an address only the time differs."""
    message = {"mallId": 1, "parentOrderSn": "PO-1"}
    first = notification(temu(app(), message, timestamp=1), app())
    second = notification(temu(app(), message, timestamp=2), app())

    assert first.notification_id != second.notification_id


def test_signed_rubbish_is_unreadable():
    """There is a bug at their side; ours is to say so."""
    with pytest.raises(DeliveryUnreadable):
        notification(temu(app(), []), app())
