"""Connect everybody whom the sandbox has made up."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from worker.cli.demonstration.console import Sellers
from worker.runtime import Runtime
from worker.tokens.connect import connect_by_code, connect_by_token
from worker.tokens.shops import Connected

# Here the seller has copied the token from Temu's own page.
_ZONE_BY_TOKEN = "global"  # noqa: S105 -- a zone
# The budget keeps quiet for a second before an app's first call; all apps at once.
_AT_ONCE = 8


def connect_everybody(here: Runtime, sellers: Sellers) -> int:
    """Connect all sellers and return how many shops they have.

    Raises:
        MarketplaceError: a code or token was refused.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting = [threads.submit(connect) for connect in _connections(here, sellers)]
        return sum(len(connected.result().shops) for connected in waiting)


def _connections(here: Runtime, sellers: Sellers) -> Iterator[Callable[[], Connected]]:
    marketplace, app = here.apps.choose("tiktok_shop", "default")
    for seller in sellers.tiktok_shop.sellers:
        yield partial(connect_by_code, here.desk, marketplace, app, seller.auth_code)
    for zone, temu in sellers.temu.items():
        marketplace, app = here.apps.choose("temu", zone)
        for mall in temu.malls:
            yield (
                partial(
                    connect_by_token, here.desk, marketplace, app, mall.access_token
                )
                if zone == _ZONE_BY_TOKEN
                else partial(connect_by_code, here.desk, marketplace, app, mall.code)
            )
