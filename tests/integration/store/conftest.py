"""A database with one seller and shop in it."""

import pytest
from cryptography.fernet import Fernet

from tests.integration.store.made_up import APP, DAY, NOW, grant, shop
from worker.store.apps import remember_app
from worker.store.grants import adopt_grant
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops


@pytest.fixture
def sealer():
    """Return a sealer with a key of its own."""
    return Sealer((Fernet.generate_key().decode(),))


@pytest.fixture
def seller(database, sealer):
    """Return the number of a seller's authorization; it has no shop yet."""
    with database.write() as connection:
        remember_app(connection, APP, now=NOW)
        return adopt_grant(
            connection, APP, grant(), sealer=sealer, now=NOW, refresh_at=NOW + DAY
        )


@pytest.fixture
def connected(database, seller):
    """Return the database with one shop in it, whose streams are due."""
    with database.write() as connection:
        remember_shops(connection, seller, [shop()], now=NOW, takes=True)
    return database
