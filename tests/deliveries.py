"""Deliveries as the marketplaces sign them, by the words of their documents.

Not made with the code under test.
"""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from worker.domain.identity import App
from worker.domain.notifications import Delivery


def delivery_of(
    app: App, *, order_id: object, shop_id: object, number: int = 1
) -> Delivery:
    """Return a delivery: an order has changed."""
    if app.marketplace == "temu":
        message = {"mallId": shop_id, "parentOrderSn": order_id, "updateTime": number}
        return temu(app, message, timestamp=1_726_127_013_525 + number)
    return tiktok_shop(
        app,
        {
            "type": 1,
            "tts_notification_id": f"738006628401{number:07}",
            "shop_id": shop_id,
            "timestamp": 1718305585,
            "data": {"order_id": order_id, "order_status": "UNPAID"},
        },
    )


def tiktok_shop(app: App, message: object) -> Delivery:
    """Sign a message of TikTok Shop."""
    body = json.dumps(message).encode()
    mac = hmac.new(app.app_secret.encode(), app.app_key.encode() + body, hashlib.sha256)
    return Delivery(headers={"authorization": mac.hexdigest()}, body=body)


def temu(
    app: App,
    message: object,
    *,
    timestamp: int = 1_726_127_013_525,
    event: str = "bg_order_status_change_event",
    signs_extra: bool = True,
) -> Delivery:
    """Encrypt and sign a message of Temu; its examples sign with the extra header or not."""
    text = json.dumps(message, separators=(",", ":"))
    headers = {
        "x-tm-app-key": app.app_key,
        "x-tm-event-code": event,
        "x-tm-timestamp": str(timestamp),
        "x-tm-ext-param": "{}",
    }
    signed = {**headers, "eventData": text}
    if not signs_extra:
        del signed["x-tm-ext-param"]
    joined = "".join(name + signed[name] for name in sorted(signed))
    mac = hmac.new(app.app_secret.encode(), joined.encode(), hashlib.sha256)
    body = json.dumps({"eventData": encrypted(text, app.app_secret)}).encode()
    return Delivery(headers=headers | {"x-tm-signature": mac.hexdigest()}, body=body)


def encrypted(text: str, secret: str) -> str:
    """AES-128-CBC, its key and start being the beginning of the secret."""
    key = secret.encode()[:16]
    raw = text.encode()
    padding = 16 - len(raw) % 16
    writer = Cipher(algorithms.AES128(key), modes.CBC(key)).encryptor()
    return base64.b64encode(
        writer.update(raw + bytes([padding]) * padding) + writer.finalize()
    ).decode()
