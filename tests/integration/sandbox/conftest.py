"""Sandboxes on free ports of this machine, and clients that speak HTTP to them."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import requests

from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running
from worker.sandbox.temu.signature import expected_sign as temu_sign
from worker.sandbox.tiktok_shop.signature import expected_sign as tiktok_sign

NOON = 1_780_000_000.0


class Clock:
    """A wall clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


class Client:
    """Knows one sandbox and its first sellers, and signs for them."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        self.base_url = base_url
        self.clock = clock
        self.http = requests.Session()
        self.sellers = self.http.get(f"{base_url}/sellers").json()
        self.tiktok = self.sellers["tiktok_shop"]
        self.mall = self.sellers["temu"]["eu"]["malls"][0]
        self.shop = self.tiktok["sellers"][0]["shops"][0]
        self.access_token = ""
        self.refresh_token = ""

    def page(self, name: str) -> Any:
        """Return the JSON of one of the sandbox's own pages."""
        return self.http.get(f"{self.base_url}/{name}").json()

    def control(self, **commands: object) -> requests.Response:
        """Tell the sandbox what to do."""
        return self.http.post(f"{self.base_url}/control", json=commands)

    def token_url(self, what: str, **query: str) -> requests.PreparedRequest:
        """Return a call to the token host."""
        keys = {
            "app_key": self.tiktok["app_key"],
            "app_secret": self.tiktok["app_secret"],
        }
        url = f"{self.base_url}/api/v2/token/{what}"
        return requests.Request("GET", url, params=keys | query).prepare()

    def refresh(self) -> requests.PreparedRequest:
        """Return a call that renews the tokens."""
        return self.token_url(
            "refresh", grant_type="refresh_token", refresh_token=self.refresh_token
        )

    def connect(self) -> None:
        """Exchange the first seller's code; keep the tokens."""
        code = self.page("sellers")["tiktok_shop"]["sellers"][0]["auth_code"]
        call = self.token_url("get", grant_type="authorized_code", auth_code=code)
        data = self.http.send(call).json()["data"]
        self.access_token = data["access_token"]
        self.refresh_token = data["refresh_token"]

    def tiktok_call(
        self, method: str, path: str, body: object = None, **query: str
    ) -> requests.Response:
        """Send a signed call to TikTok Shop."""
        content = b"" if body is None else orjson.dumps(body)
        query = {
            **query,
            "app_key": self.tiktok["app_key"],
            "timestamp": str(int(self.clock())),
        }
        query["sign"] = tiktok_sign(self.tiktok["app_secret"], path, query, content)
        return self.http.request(
            method,
            self.base_url + path,
            params=query,
            data=content,
            headers={
                "x-tts-access-token": self.access_token,
                "content-type": "application/json",
            },
        )

    def search_orders(self, **query: str) -> requests.Response:
        """Search the first shop's orders."""
        query = {"shop_cipher": self.shop["cipher"], "page_size": "20", **query}
        return self.tiktok_call("POST", "/order/202309/orders/search", {}, **query)

    def temu_call(self, call_type: str, **parameters: object) -> requests.Response:
        """Send a signed call to Temu's EU router."""
        app = self.sellers["temu"]["eu"]
        body = {
            "type": call_type,
            "app_key": app["app_key"],
            "access_token": self.mall["access_token"],
            "timestamp": int(self.clock()),
            "data_type": "JSON",
            **parameters,
        }
        body["sign"] = temu_sign(app["app_secret"], body)
        return self.http.post(app["api_url"], json=body)


@pytest.fixture
def sandbox_client() -> Iterator[Callable[..., Any]]:
    """Start a sandbox with these options; give a client of it."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> Client:
            clock = Clock()
            small: dict[str, Any] = {
                "orders_per_shop": 50,
                "products_per_shop": 10,
                "tiktok_rps": 1000,
                "temu_rps": 1000,
                "now": clock,
            }
            base_url = stack.enter_context(running(SandboxOptions(**(small | options))))
            client = Client(base_url, clock)
            stack.callback(client.http.close)
            return client

        yield start
