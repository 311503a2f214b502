"""What the look-alikes post to the app: each change of an order, some of products, farewells.

Signed here by the marketplaces' documents, not by the code under test. As at the real
ones, what is not acknowledged comes again, and now and then what was acknowledged, too.
"""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from worker.sandbox.world.shops import TEMU, TIKTOK_SHOP, Shop
from worker.sandbox.world.world import World

# The real ones wait minutes and hours.
_WAITS = (0.5, 2.0, 8.0)  # seconds
_PATIENCE = 2.0  # seconds
# Every so many is delivered twice.
_TWICE = 10
# More than this wait only while nobody listens.
_ROOM = 10_000


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery, ready to send."""

    path: str
    headers: dict[str, str]
    body: bytes


class Announcer:
    """Posts what happens to `url`, from a thread of its own; None: nobody is told."""

    def __init__(
        self, world: World, secrets: dict[str, tuple[str, str]], url: str | None
    ) -> None:
        # By marketplace and zone: the app's key and secret.
        self._secrets = secrets
        self.url = url
        # sent, acknowledged, refused, lost
        self.counts: Counter[str] = Counter()
        self._posts: queue.Queue[Post] = queue.Queue(_ROOM)
        self._number = 0
        self._thread: threading.Thread | None = None
        for shop in world.shops():
            shop.orders.on_put = partial(self._changed, shop, "order")
            shop.products.on_put = partial(self._changed, shop, "product")

    def say_farewell(self, shop: Shop) -> None:
        """Tell that the seller of a shop has taken the grant back; Temu tells it nobody."""
        if self.url and shop.marketplace == TIKTOK_SHOP:
            self._put(self._tiktok(shop, 6, {"message": "deauthorized"}))

    def _changed(self, shop: Shop, what: str, row_id: str) -> None:
        if not self.url:
            return
        now = int(time.time())
        if shop.marketplace == TEMU:
            # There are no events of goods.
            if what == "order":
                self._put(
                    self._temu(
                        shop,
                        {"mallId": int(shop.shop_id), "parentOrderSn": row_id}
                        | {"orderStatus": 2, "updateTime": now},
                    )
                )
        elif what == "order":
            data: dict[str, object] = {"order_id": row_id, "update_time": now}
            data |= {"order_status": "AWAITING_SHIPMENT", "is_on_hold_order": False}
            self._put(self._tiktok(shop, 1, data))
        else:
            self._put(
                self._tiktok(shop, 5, {"product_id": int(row_id), "update_time": now})
            )

    def _put(self, post: Post) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._send_all, daemon=True)
            self._thread.start()
        try:
            self._posts.put_nowait(post)
            if self._number % _TWICE == 0:
                self._posts.put_nowait(post)
        except queue.Full:
            self.counts["lost"] += 1

    def _send_all(self) -> None:
        with requests.Session() as session:
            while True:
                self._send(session, self._posts.get())

    def _send(self, session: requests.Session, post: Post) -> None:
        for wait in (*_WAITS, None):
            self.counts["sent"] += 1
            try:
                answer = session.post(
                    f"{self.url}{post.path}",
                    data=post.body,
                    headers=post.headers,
                    timeout=_PATIENCE,
                )
            except requests.RequestException:
                pass  # as if it was refused: it comes again
            else:
                if answer.ok:
                    self.counts["acknowledged"] += 1
                    return
                self.counts["refused"] += 1
            if wait is not None:
                threading.Event().wait(wait)
        self.counts["lost"] += 1

    def _tiktok(self, shop: Shop, kind: int, data: dict[str, object]) -> Post:
        key, secret = self._secrets[f"{TIKTOK_SHOP}:default"]
        body = json.dumps(
            {
                "type": kind,
                "tts_notification_id": str(self._next()),
                "shop_id": shop.shop_id,
                "timestamp": int(time.time()),
                "data": data,
            }
        ).encode()
        sign = hmac.new(secret.encode(), key.encode() + body, hashlib.sha256)
        return Post("/webhooks/tiktok-shop", {"authorization": sign.hexdigest()}, body)

    def _temu(self, shop: Shop, data: dict[str, object]) -> Post:
        key, secret = self._secrets[f"{TEMU}:{shop.zone}"]
        text = json.dumps(data, separators=(",", ":"))
        headers = {
            "x-tm-app-key": key,
            "x-tm-event-code": "bg_order_status_change_event",
            "x-tm-timestamp": str(int(time.time() * 1000)),
        }
        # Half of the printed examples sign without it.
        if self._next() % 2:
            headers["x-tm-ext-param"] = "{}"
        signed = headers | {"eventData": text}
        message = "".join(name + signed[name] for name in sorted(signed))
        sign = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
        body = json.dumps({"eventData": _encrypted(text, secret)}).encode()
        return Post("/webhooks/temu", headers | {"x-tm-signature": sign}, body)

    def _next(self) -> int:
        self._number += 1
        return int(time.time() * 1000) * 10_000 + self._number % 10_000


def _encrypted(text: str, secret: str) -> str:
    key = secret.encode()[:16]
    length = 16 - len(text.encode()) % 16
    writer = Cipher(algorithms.AES128(key), modes.CBC(key)).encryptor()
    padded = text.encode() + bytes([length]) * length
    return base64.b64encode(writer.update(padded) + writer.finalize()).decode()
