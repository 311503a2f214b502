"""What Temu sends: verify it, decrypt it, and read what there is to look at.

The signature is over the decrypted text, so it is decrypted first. Temu's own examples
sign with the header x-tm-ext-param and without it; both are accepted. Its sample code
verifies neither of them.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

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

APP_KEY = "x-tm-app-key"
EVENT = "x-tm-event-code"
TIMESTAMP = "x-tm-timestamp"
EXTRA = "x-tm-ext-param"
SIGNATURE = "x-tm-signature"
_SIGNED = (APP_KEY, EVENT, TIMESTAMP, EXTRA)
# Key and initialisation vector are both the beginning of the app secret.
_KEY_LENGTH = 16  # bytes
_BLOCK = 128  # bits


def notification(delivery: Delivery, app: App) -> Notification:
    """Return what a delivery says.

    Raises:
        DeliveryForged: it is not signed with the secret of this app.
        DeliveryUnreadable: it has not the form of Temu's deliveries.
    """
    envelope = read_json(delivery.body)
    data = envelope.get("eventData") if isinstance(envelope, dict) else None
    if not isinstance(data, str):
        raise DeliveryUnreadable('the body is not {"eventData": "…"}')
    headers = {
        name: delivery.headers[name] for name in _SIGNED if name in delivery.headers
    }
    text = decrypted(data, app.app_secret)
    sent = delivery.headers.get(SIGNATURE, "").encode()
    # Both are computed: how long it takes tells nobody which of them it was.
    with_extra = hmac.compare_digest(sent, sign(app.app_secret, headers, text).encode())
    headers.pop(EXTRA, None)
    without = hmac.compare_digest(sent, sign(app.app_secret, headers, text).encode())
    if not (with_extra or without) or headers.get(APP_KEY) != app.app_key:
        raise DeliveryForged("x-tm-signature is not this app's signature")
    message = read_json(text)
    if not isinstance(message, dict):
        raise DeliveryUnreadable("the event data is no JSON object")
    orders = plain_ids(message.get("parentOrderSn"))
    return Notification(
        notification_id=_identity(headers, data),
        kind=Kind.ORDER if orders else Kind.NOTHING,
        event=plain_id(headers.get(EVENT)) or "?",
        shop_id=plain_id(message.get("mallId")),
        record_ids=orders,
    )


def decrypted(data: str, app_secret: str) -> bytes:
    """Return the event's JSON text.

    Raises:
        DeliveryForged: it was not encrypted with this secret.
    """
    key = app_secret.encode()[:_KEY_LENGTH]
    try:
        reader = Cipher(algorithms.AES128(key), modes.CBC(key)).decryptor()
        padded = (
            reader.update(base64.b64decode(data, validate=True)) + reader.finalize()
        )
        padding = PKCS7(_BLOCK).unpadder()
        return padding.update(padded) + padding.finalize()
    except (binascii.Error, ValueError):
        # One answer for all that can go wrong, so that it cannot be used to ask.
        raise DeliveryForged(
            "the event data is not encrypted with this app's secret"
        ) from None


def sign(app_secret: str, headers: Mapping[str, str], text: bytes) -> str:
    """Return the signature of a delivery: names and values sorted by name, nothing between."""
    parts = {name.encode(): value.encode() for name, value in headers.items()}
    parts[b"eventData"] = text
    message = b"".join(name + parts[name] for name in sorted(parts))
    return hmac.digest(app_secret.encode(), message, "sha256").hex()


def _identity(headers: Mapping[str, str], data: str) -> str:
    """Return what tells this notification from another: there is no id in it.

    Two changes of an address look alike but for the time, which is signed, too.
    """
    parts = (headers.get(EVENT, ""), headers.get(TIMESTAMP, ""), data)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
