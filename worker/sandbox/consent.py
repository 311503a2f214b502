"""The pages where sellers say yes or no to the app, and the way back to the app's own page.

Both marketplaces ask here in the same words; what they hand back differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Protocol
from urllib.parse import urlencode

from worker.sandbox.options import SandboxOptions
from worker.sandbox.temu.zone import Zone
from worker.sandbox.tiktok_shop.market import Market

# How Temu names the host that a code is for.
_TEMU_HOSTS = {
    "us": "openapi-b-us.temu.com",
    "eu": "openapi-b-eu.temu.com",
    "global": "openapi-b-global.temu.com",
}


class ConsentRefused(Exception):
    """The link is wrong; the text is what the marketplace's page says."""


@dataclass(frozen=True, slots=True)
class Person:
    """One seller who can be asked."""

    number: str
    name: str
    # For a terminal instead of a browser.
    command: str


class ConsentDesk(Protocol):
    """One marketplace's part of it."""

    title: str

    def people(self, query: Mapping[str, str]) -> list[Person]:
        """Return who can be asked by this link.

        Raises:
            ConsentRefused: there is no such app.
        """

    def way_back(self, query: Mapping[str, str], number: str, *, agrees: bool) -> str:
        """Return where the seller's browser goes after the answer.

        Raises:
            ConsentRefused: there is no such app, or the way back is not registered.
        """


class TikTokShopDesk:
    """TikTok Shop knows an app by its service id, and the way back from its own records."""

    title = "TikTok Shop"

    def __init__(self, market: Market, options: SandboxOptions) -> None:
        self._market = market
        self._callback = f"{options.callback_base}/authorize/tiktok-shop/callback"

    def people(self, query: Mapping[str, str]) -> list[Person]:
        """Return all sellers, with codes that are valid now."""
        self._prove(query)
        return [
            Person(
                seller.open_id,
                seller.name,
                f"sellersync connect tiktok-shop --auth-code {self._code(number)}",
            )
            for number, seller in enumerate(self._market.sellers.all)
        ]

    def way_back(self, query: Mapping[str, str], number: str, *, agrees: bool) -> str:
        """Return the callback with a code, or with `code=null`."""
        self._prove(query)
        everyone = [seller.open_id for seller in self._market.sellers.all]
        if number not in everyone:
            raise ConsentRefused("This seller does not exist")
        if agrees:
            index = everyone.index(number)
            region = self._market.sellers.all[index].region
            answer = {
                "app_key": self._market.keys.app_key,
                "code": self._code(index),
                "locale": "en",
                "shop_region": region,
            }
        else:
            answer = {"code": "null", "error": "auth_denied"}
        return f"{self._callback}?{urlencode(answer | _state(query))}"

    def _prove(self, query: Mapping[str, str]) -> None:
        if query.get("service_id") != self._market.keys.service_id:
            raise ConsentRefused("This service does not exist")

    def _code(self, number: int) -> str:
        sellers = self._market.sellers
        now = int(self._market.conditions.now())
        return sellers.auth_code(sellers.all[number], now)


class TemuDesk:
    """Temu knows an app by its key; a link may choose among the app's registered ways back."""

    def __init__(self, zone: Zone, options: SandboxOptions) -> None:
        self.title = f"Temu ({zone.name})"
        self._zone = zone
        self._base = options.callback_base

    def people(self, query: Mapping[str, str]) -> list[Person]:
        """Return all malls of the zone, with codes that are valid now."""
        self._prove(query)
        return [
            Person(
                mall.shop.shop_id,
                f"Mall {mall.shop.shop_id}",
                f"sellersync connect temu --zone {self._zone.name} --code "
                f"{self._code(number)}",
            )
            for number, mall in enumerate(self._zone.malls.all)
        ]

    def way_back(self, query: Mapping[str, str], number: str, *, agrees: bool) -> str:
        """Return the callback with a code and the host that it is for."""
        self._prove(query)
        everyone = [mall.shop.shop_id for mall in self._zone.malls.all]
        if number not in everyone:
            raise ConsentRefused("This mall does not exist")
        answer = {
            "app_key": self._zone.keys.app_key,
            "callback_host": _TEMU_HOSTS[self._zone.name],
        }
        if agrees:
            answer["code"] = self._code(everyone.index(number))
        else:
            # What Temu really says then is not documented.
            answer["error"] = "access_denied"
        callback = query.get("redirect_uri") or f"{self._base}/authorize/temu/callback"
        return f"{callback}?{urlencode(answer | _state(query))}"

    def _prove(self, query: Mapping[str, str]) -> None:
        if query.get("appKey") != self._zone.keys.app_key:
            raise ConsentRefused("This app does not exist")
        wish = query.get("redirect_uri")
        if wish and not wish.startswith(f"{self._base}/"):
            raise ConsentRefused("This redirect_uri is not registered")

    def _code(self, number: int) -> str:
        malls = self._zone.malls
        return malls.code(malls.all[number], int(self._zone.conditions.now()))


def question(desk: ConsentDesk, query: Mapping[str, str]) -> str:
    """Return the page that asks.

    Raises:
        ConsentRefused: the link is wrong.
    """
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in query.items()
    )
    asked = "\n".join(
        f"<form method='post'><h2>{escape(person.name)}</h2>{kept}"
        f'<input type="hidden" name="seller" value="{escape(person.number)}">'
        '<p><button name="decision" value="agree">Agree</button> '
        '<button name="decision" value="deny">Refuse</button></p>'
        f"<p>In a terminal: <code>{escape(person.command)}</code></p></form>"
        for person in desk.people(query)
    )
    return f"{_HEAD}<title>{escape(desk.title)} sandbox</title>{_body(desk, asked)}"


def _body(desk: ConsentDesk, asked: str) -> str:
    return (
        f"<h1>{escape(desk.title)} <small>sandbox</small></h1>"
        "<p>An app asks to read a seller's orders and products. Who are you?</p>"
        f"{asked or '<p>There are no sellers here.</p>'}"
    )


def _state(query: Mapping[str, str]) -> dict[str, str]:
    return {"state": query["state"]} if "state" in query else {}


_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
form{border:1px solid #8886;border-radius:8px;padding:.5rem 1rem;margin:1rem 0}
code{overflow-wrap:anywhere}button{font:inherit;padding:.4rem 1rem}</style>
"""
