"""A seller with a due token, and desks whose marketplace answers by a script."""

from datetime import timedelta
from typing import cast

import pytest
from cryptography.fernet import Fernet

from tests.integration.tokens.scripted import (
    APP,
    NOW,
    TIKTOK,
    WEEK,
    ScriptedMarketplaceCall,
)
from worker.domain.grants import Grant
from worker.domain.identity import Shop
from worker.gateway.caller import Gateway
from worker.marketplaces.configured import ConfiguredApps
from worker.store import shops
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.store.sealing import Sealer
from worker.tokens.desk import TokenDesk


@pytest.fixture
def sealer():
    """Return a sealer with a key of its own."""
    return Sealer((Fernet.generate_key().decode(),))


@pytest.fixture
def seller(database, sealer):
    """Return the number of a seller with token set 1, whose refresh is due."""
    grant = Grant(
        subject="seller-1",
        access_token="access-1",
        access_expires_at=NOW + timedelta(minutes=5),
        refresh_token="refresh-1",
        refresh_expires_at=NOW + WEEK,
    )
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        number = adopt_grant(
            connection,
            APP,
            grant,
            sealer=sealer,
            now=NOW - WEEK,
            refresh_at=NOW - timedelta(minutes=1),
        )
        shop = Shop(marketplace="tiktok_shop", zone="default", shop_id="1")
        shops.remember_shops(connection, number, [shop], now=NOW, takes=True)
    return number


@pytest.fixture
def desk_with(database, sealer):
    """Return a maker of desks whose marketplace answers by a script."""

    def make(*script):
        return TokenDesk(
            database=database,
            sealer=sealer,
            gateway=cast("Gateway", ScriptedMarketplaceCall(list(script))),
            apps=ConfiguredApps(((TIKTOK, APP),)),
            check_every=timedelta(days=1),
        )

    return make
