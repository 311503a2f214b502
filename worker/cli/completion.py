"""What the shell may complete: the keys of connected shops."""

from contextlib import closing

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from config.settings import settings
from worker.domain.errors import SellersyncError
from worker.runtime import open_database
from worker.store.shops import all_shops


def shop_keys(incomplete: str) -> list[str]:
    """Return the keys that this may become; none where that cannot be told.

    Somebody waits with a finger on the tab key: what is wrong, the command itself will tell.
    """
    try:
        with closing(open_database(settings())) as database, database.read() as found:
            keys = [stored.shop.shop_key for stored in all_shops(found)]
    except (
        *(OSError, UnicodeDecodeError, ValidationError, SettingsError),
        *(SellersyncError, SQLAlchemyError),
    ):
        return []
    return [key for key in keys if key.startswith(incomplete)]
