"""Refresh authorizations in this process, several at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from worker.domain.errors import SellersyncError
from worker.runtime import Runtime
from worker.store.authorizations import find_authorization
from worker.store.database import database_now
from worker.store.shops import StoredShop
from worker.tokens.refresh import refresh

# Authorizations at once: one mostly waits for its marketplace.
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """How one authorization came out; `reason` is why it failed."""

    shop_key: str
    # Somebody, here or elsewhere, has refreshed it since the command began.
    is_new: bool
    state: str
    access_expires_at: datetime
    reason: str | None = None


def refresh_here(
    here: Runtime, shops: Sequence[StoredShop], *, force: bool
) -> list[Refreshed]:
    """Refresh the authorizations behind these shops if due, or all of them with `force`."""
    with here.database.read() as connection:
        began_at = database_now(connection)
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return list(
            pool.map(
                lambda stored: _refresh(here, stored, began_at, force=force), shops
            )
        )


def _refresh(
    here: Runtime, stored: StoredShop, began_at: datetime, *, force: bool
) -> Refreshed:
    number = stored.authorization_id
    reason = None
    try:
        refresh(here.desk, number, asked_at=began_at if force else None)
    except SellersyncError as error:
        reason = str(error)
    with here.database.read() as connection:
        found = find_authorization(connection, number)
    return Refreshed(
        shop_key=stored.shop.shop_key,
        is_new=found.refreshed_at >= began_at,
        state=found.state.value,
        access_expires_at=found.access_expires_at,
        reason=reason,
    )
