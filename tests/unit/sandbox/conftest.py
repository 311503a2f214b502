"""A sandbox without a web server, a clock to set, and callers that sign correctly."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from worker.sandbox.options import SandboxOptions
from worker.sandbox.sandbox import Sandbox
from worker.sandbox.temu.signature import expected_sign as temu_sign
from worker.sandbox.tiktok_shop.signature import expected_sign as tiktok_sign
from worker.sandbox.wire import HangUp, Incoming, Reply

NOON = 1_780_000_000.0


class Clock:
    """A wall clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


class TikTokCaller:
    """Signs and sends calls of one seller; each arrives a second after the last."""

    def __init__(self, sandbox: Sandbox, clock: Clock, seller: int = 0) -> None:
        self.api = sandbox.tiktok_shop
        self.market = sandbox.tiktok_shop.market
        self.clock = clock
        self.seller = self.market.sellers.all[seller]
        self.shop = self.seller.shops[0]
        self.cipher = self.market.ciphers[self.shop.shop_id]
        self.arrived = 0.0
        self.access_token = ""
        self.refresh_token = ""

    def connect(self) -> "TikTokCaller":
        """Exchange a fresh code; keep the tokens."""
        code = self.market.sellers.auth_code(self.seller, int(self.clock()))
        self.keep(self.token("get", "authorized_code", auth_code=code))
        return self

    def keep(self, answer: Any) -> None:
        """Use the tokens of this answer from now on."""
        self.access_token = answer["data"]["access_token"]
        self.refresh_token = answer["data"]["refresh_token"]

    def token(self, what: str, grant_type: str, **query: str) -> Any:
        """Call the token host; return the JSON of its answer."""
        path = f"/api/v2/token/{what}"
        keys = {
            "app_key": self.market.keys.app_key,
            "app_secret": self.market.keys.app_secret,
            "grant_type": grant_type,
        }
        reply = self.send(
            Incoming(method="GET", path=path, query=keys | query, arrived=0)
        )
        assert isinstance(reply, Reply)
        return orjson.loads(reply.body)

    def incoming(
        self, method: str, path: str, query: Mapping[str, str], body: object = None
    ) -> Incoming:
        """Return a signed call."""
        content = b"" if body is None else orjson.dumps(body)
        unsigned = {
            "app_key": self.market.keys.app_key,
            "timestamp": str(int(self.clock())),
            **query,
        }
        sign = tiktok_sign(self.market.keys.app_secret, path, unsigned, content)
        return Incoming(
            method=method,
            path=path,
            query=unsigned | {"sign": sign},
            headers={
                "x-tts-access-token": self.access_token,
                "content-type": "application/json",
            },
            body=content,
            arrived=0,
        )

    def send(self, call: Incoming) -> Reply | HangUp:
        """Send a call, a second after the last one."""
        self.arrived += 1
        return self.api.answer(replace(call, arrived=self.arrived))

    def answer(
        self, method: str, path: str, query: Mapping[str, str], body: object = None
    ) -> Any:
        """Send a signed call; return the JSON of its answer."""
        reply = self.send(self.incoming(method, path, query, body))
        assert isinstance(reply, Reply)
        return orjson.loads(reply.body)

    def about_shop(
        self, method: str, path: str, body: object = None, **query: str
    ) -> Any:
        """Send a call about the first shop; return the `data` of a success."""
        query = {"shop_cipher": self.cipher, **query}
        answer = self.answer(method, path, query, body)
        assert answer["code"] == 0, answer
        return answer["data"]

    def search_orders(self, body: object = None, **query: str) -> Any:
        """Search orders; return the `data` of a success."""
        query = {"page_size": "100", **query}
        path = "/order/202309/orders/search"
        return self.about_shop("POST", path, body or {}, **query)

    def search_products(self, body: object = None, **query: str) -> Any:
        """Search products; return the `data` of a success."""
        query = {"page_size": "100", **query}
        path = "/product/202502/products/search"
        return self.about_shop("POST", path, body or {}, **query)


class TemuCaller:
    """Signs and sends calls of one mall; each arrives a second after the last."""

    def __init__(self, sandbox: Sandbox, clock: Clock, zone: str = "eu") -> None:
        self.api = sandbox.temu[zone]
        self.zone = self.api.zone
        self.clock = clock
        self.mall = self.zone.malls.all[0]
        self.arrived = 0.0

    def signed(self, call_type: str, **parameters: object) -> dict[str, object]:
        """Return a signed body; a parameter of None leaves a field out."""
        body = {
            "type": call_type,
            "app_key": self.zone.keys.app_key,
            "access_token": self.mall.access_token,
            "timestamp": int(self.clock()),
            "data_type": "JSON",
            **parameters,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return body | {"sign": temu_sign(self.zone.keys.app_secret, body)}

    def send(self, body: object) -> Reply | HangUp:
        """Send a body, a second after the last one."""
        self.arrived += 1
        content = orjson.dumps(body)
        return self.api.answer(
            Incoming(method="POST", path="/", body=content, arrived=self.arrived)
        )

    def answer(self, call_type: str, **parameters: object) -> Any:
        """Send a signed call; return the JSON of its answer."""
        reply = self.send(self.signed(call_type, **parameters))
        assert isinstance(reply, Reply)
        return orjson.loads(reply.body)

    def result(self, call_type: str, **parameters: object) -> Any:
        """Send a signed call; return the `result` of a success."""
        answer = self.answer(call_type, **parameters)
        assert answer["success"], answer
        return answer["result"]


@pytest.fixture
def clock() -> Clock:
    """A clock to set."""
    return Clock()


@pytest.fixture
def make_sandbox(clock: Clock) -> Callable[..., Sandbox]:
    """Make a small sandbox; options can be given."""

    def make(**options: Any) -> Sandbox:
        small: dict[str, Any] = {
            "orders_per_shop": 30,
            "products_per_shop": 12,
            "history": timedelta(days=30),
            "now": clock,
        }
        return Sandbox(SandboxOptions(**(small | options)))

    return make


@pytest.fixture
def tiktok_caller(clock: Clock) -> Callable[..., TikTokCaller]:
    """Make a caller for a TikTok Shop seller, not yet connected."""

    def make(sandbox: Sandbox, seller: int = 0) -> TikTokCaller:
        return TikTokCaller(sandbox, clock, seller)

    return make


@pytest.fixture
def temu_caller(clock: Clock) -> Callable[..., TemuCaller]:
    """Make a caller for the first mall of a zone."""

    def make(sandbox: Sandbox, zone: str = "eu") -> TemuCaller:
        return TemuCaller(sandbox, clock, zone)

    return make
