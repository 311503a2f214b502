"""The shop that somebody names by its key."""

from worker.domain.errors import OperatorError
from worker.store.database import Database
from worker.store.shops import StoredShop, find_shop


def connected_shop(database: Database, shop_key: str) -> StoredShop:
    """Return a shop.

    Raises:
        OperatorError: no such shop is connected.
    """
    with database.read() as connection:
        found = find_shop(connection, shop_key)
    if found is None:
        raise unknown_shop(shop_key)
    return found


def unknown_shop(shop_key: str) -> OperatorError:
    """Return the one clear line for a shop that is not connected."""
    return OperatorError(
        f"no shop {shop_key} is connected; `sellersync shops` lists those that are"
    )
