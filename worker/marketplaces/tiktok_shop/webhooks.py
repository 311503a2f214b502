"""What TikTok Shop sends: verify it, and read what there is to look at.

https://partner.tiktokshop.com/docv2/page/tts-webhooks-overview

The signature covers no time, so an old delivery stays genuine for ever: it must cause no
more than a look.
"""

import hashlib
import hmac
from datetime import UTC, datetime

from worker.domain.identity import App
from worker.domain.json_text import read_json
from worker.domain.notifications import (
    Delivery,
    DeliveryForged,
    DeliveryUnreadable,
    Kind,
    Notification,
    plain_id,
    plain_ids,
)
from worker.marketplaces.tiktok_shop.signing import sign_webhook

# By the number in `type`; those of orders and products are known by their fields.
DEAUTHORIZATION = "6"
UPCOMING_EXPIRATION = "7"
_LATEST = 253402300799  # 9999-12-31, in Unix seconds


def notification(delivery: Delivery, app: App) -> Notification:
    """Return what a delivery says.

    Raises:
        DeliveryForged: it is not signed with the secret of this app.
        DeliveryUnreadable: it is, but it is no notification.
    """
    sent = delivery.headers.get("authorization", "")
    expected = sign_webhook(app.app_key, app.app_secret, delivery.body)
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise DeliveryForged("the Authorization header is not this app's signature")
    message = read_json(delivery.body)
    if not isinstance(message, dict):
        raise DeliveryUnreadable("the body is no JSON object")
    data = message.get("data")
    kind, ids = _what(plain_id(message.get("type")), data)
    return Notification(
        # Payloads of 2022 have no id; the same body is the same notification.
        notification_id=plain_id(message.get("tts_notification_id"))
        or hashlib.sha256(delivery.body).hexdigest(),
        kind=kind,
        event=f"type {plain_id(message.get('type')) or '?'}",
        shop_id=plain_id(message.get("shop_id")),
        record_ids=ids,
        ends_at=_ends_at(data) if kind is Kind.ENDS_SOON else None,
    )


def _what(number: str | None, data: object) -> tuple[Kind, tuple[str, ...]]:
    if number == DEAUTHORIZATION:
        return Kind.DEAUTHORIZED, ()
    if number == UPCOMING_EXPIRATION:
        return Kind.ENDS_SOON, ()
    if not isinstance(data, dict):
        return Kind.NOTHING, ()
    orders = plain_ids([data.get("order_id"), *_orders_of_packages(data)])
    if orders:
        return Kind.ORDER, orders
    # Some events give it as a number, above what a double can hold.
    products = plain_ids(data.get("product_id"))
    return (Kind.PRODUCT, products) if products else (Kind.NOTHING, ())


def _orders_of_packages(data: dict[str, object]) -> list[object]:
    packages = data.get("package_list")
    found: list[object] = []
    for package in packages if isinstance(packages, list) else ():
        ids = package.get("order_id_list") if isinstance(package, dict) else None
        found += ids if isinstance(ids, list) else []
    return found


def _ends_at(data: object) -> datetime | None:
    """Return the time, which comes as text."""
    given = data.get("expiration_time") if isinstance(data, dict) else None
    text = plain_id(given) or ""
    if not text.isdigit() or int(text) > _LATEST:
        return None
    return datetime.fromtimestamp(int(text), UTC)
