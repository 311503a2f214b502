"""The shop whose orders the local host serves."""

from datetime import UTC, datetime, timedelta

from worker.domain.grants import Grant
from worker.domain.identity import Shop
from worker.runtime import Runtime
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.store.shops import find_shop, remember_shops

SHOP = Shop(marketplace="tiktok_shop", zone="default", shop_id="7494000000000000001")

_A_YEAR = timedelta(days=365)


def connect(here: Runtime) -> None:
    """Store the shop and a token that lasts, unless they are there."""
    ((_, app),) = here.apps.apps
    now = datetime.now(UTC)
    grant = Grant(
        subject="seller", access_token="made up", access_expires_at=now + _A_YEAR
    )
    with here.database.write() as connection:
        if find_shop(connection, SHOP.shop_key) is not None:
            return
        remember_app(connection, app, now=now)
        authorization = adopt_grant(
            connection,
            app,
            grant,
            sealer=here.desk.sealer,
            now=now,
            refresh_at=now + _A_YEAR,
        )
        remember_shops(connection, authorization, [SHOP], now=now, takes=True)
