"""Sellers of a web face's sandbox, connected as in a browser."""

from tests.integration.web.conftest import WebFace
from worker.cli.pulling import pull_here
from worker.domain.records import Stream


def connect_some(web: WebFace) -> WebFace:
    """Connect two sellers of TikTok Shop and a mall of Temu; pull the orders of all."""
    keys = []
    for number in (0, 1):
        found = web.sellers()["tiktok_shop"]["sellers"][number]
        web.get(
            "/authorize/tiktok-shop/callback",
            state=web.state(),
            code=found["auth_code"],
        )
        keys += [shop["shop_key"] for shop in found["shops"]]
    mall = web.sellers()["temu"]["eu"]["malls"][0]
    web.get("/authorize/temu/callback", state=web.state("temu:eu"), code=mall["code"])
    keys.append(mall["shop_key"])
    pulled = pull_here(web.here, Stream.ORDERS, keys, since=None)
    assert [outcome.reason for outcome in pulled if outcome.reason] == []
    return web
