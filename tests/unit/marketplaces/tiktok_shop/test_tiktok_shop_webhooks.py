"""TikTok Shop's notifications: the published vector, and what each event is about."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.deliveries import tiktok_shop
from worker.domain.identity import App
from worker.domain.notifications import (
    Delivery,
    DeliveryForged,
    DeliveryUnreadable,
    Kind,
)
from worker.marketplaces.tiktok_shop.webhooks import notification

VECTORS = json.loads(
    (Path(__file__).parents[3] / "vectors" / "tiktok_shop.json").read_text()
)["webhook_vectors"]
APP = App(
    marketplace="tiktok_shop",
    zone="default",
    app_key="abcdef",
    app_secret="123",
    api_url="https://api.example",
    requests_per_second=1,
)


def read(message):
    """Sign a message and read it."""
    return notification(tiktok_shop(APP, message), APP)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_the_published_vector_is_genuine(vector):
    """The one of the documentation, byte for byte."""
    assert (vector["app_key"], vector["app_secret"]) == (APP.app_key, APP.app_secret)
    found = notification(
        Delivery(
            headers={"authorization": vector["expected"]},
            body=vector["raw_body"].encode(),
        ),
        APP,
    )

    assert found.notification_id == "7380066284010030890"
    assert found.shop_id == "7495540735365777507"
    assert (found.kind, found.record_ids) == (Kind.ORDER, ("576653688135258178",))


@pytest.mark.parametrize("prefix", ["Bearer ", " ", "sha256="])
def test_the_header_is_the_bare_signature(prefix):
    """32: nothing stands before it."""
    genuine = tiktok_shop(APP, {"type": 1})
    headers = {"authorization": prefix + genuine.headers["authorization"]}

    with pytest.raises(DeliveryForged):
        notification(Delivery(headers=headers, body=genuine.body), APP)


def test_a_body_that_was_written_again_is_another():
    """32: the same JSON in other bytes."""
    genuine = tiktok_shop(APP, {"type": 1, "data": {}})
    again = json.dumps(json.loads(genuine.body), separators=(",", ":")).encode()

    with pytest.raises(DeliveryForged):
        notification(Delivery(headers=genuine.headers, body=again), APP)


@pytest.mark.parametrize(
    ("number", "data", "kind", "ids"),
    [
        (1, {"order_id": "5"}, Kind.ORDER, ("5",)),
        ("1", {"order_id": 5}, Kind.ORDER, ("5",)),
        (3, {"order_id": "5", "update_time": 1}, Kind.ORDER, ("5",)),
        (
            4,
            {
                "package_list": [
                    {"package_id": "1", "order_id_list": ["5", "6"]},
                    {"package_id": "2", "order_id_list": ["6", "7"]},
                    {"package_id": "3"},
                    None,
                ]
            },
            Kind.ORDER,
            ("5", "6", "7"),
        ),
        (
            5,
            {"product_id": 1729592969712207008, "status": "LIVE"},
            Kind.PRODUCT,
            ("1729592969712207008",),
        ),
        (15, {"product_id": "9", "changed_fields": []}, Kind.PRODUCT, ("9",)),
        (37, {"product_id": 9, "audit": {}}, Kind.PRODUCT, ("9",)),
        (12, {"order_id": "5", "return_id": "1"}, Kind.ORDER, ("5",)),
        (6, {"message": "…"}, Kind.DEAUTHORIZED, ()),
        (17, {}, Kind.NOTHING, ()),
        (1, None, Kind.NOTHING, ()),
        (None, {"order_id": None}, Kind.NOTHING, ()),
    ],
)
def test_what_an_event_is_about(number, data, kind, ids):
    """Orders, products, or the grant."""
    found = read({"type": number, "shop_id": "1", "data": data})

    assert (found.kind, found.record_ids) == (kind, ids)


@pytest.mark.parametrize(
    ("given", "ends_at"),
    [
        ("1760000000", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        (1760000000, datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)),
        ("99999999999999", None),
        ("soon", None),
        (None, None),
    ],
)
def test_an_end_that_comes_near(given, ends_at):
    """Its time comes as text."""
    found = read({"type": 7, "shop_id": "1", "data": {"expiration_time": given}})

    assert (found.kind, found.ends_at) == (Kind.ENDS_SOON, ends_at)


def test_old_payloads_without_an_id_are_told_apart_by_their_bytes():
    """The same one twice is one."""
    one = {"type": 1, "shop_id": "1", "data": {"order_id": "5"}}

    assert read(one).notification_id == read(one).notification_id
    assert (
        read(one).notification_id
        != read(one | {"data": {"order_id": "6"}}).notification_id
    )


def test_signed_rubbish_is_unreadable():
    """There is a bug at their side; ours is to say so."""
    with pytest.raises(DeliveryUnreadable):
        read([])
