"""Which shops an authorization covers: new ones are added, vanished ones paused."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.grants import Grant
from worker.domain.identity import Shop
from worker.store import authorizations, resting, shops
from worker.store.apps import lock_app
from worker.store.database import database_now
from worker.store.events import record_event
from worker.tokens.desk import TokenDesk
from worker.tokens.seller import SellerCredentials

# Why such a shop rests; it wakes by itself when the authorization covers it again.
VANISHED = "the authorization does not cover this shop any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A seller whose authorization is stored."""

    authorization_id: int
    name: str | None
    shops: tuple[Shop, ...]
    # The keys that were not known before.
    added: tuple[str, ...]


def discover_shops(
    desk: TokenDesk, authorization_id: int, *, takes: bool = False
) -> Connected:
    """Ask which shops an authorization covers, and store what changed.

    `takes`: the seller has just authorised, so shops move here from other authorizations.
    """
    with desk.database.read() as connection:
        found = authorizations.find_authorization(connection, authorization_id)
    marketplace, app = desk.apps.find(found.app_id)
    grant = Grant(
        subject=found.subject,
        name=found.name,
        region=found.region,
        access_token="",
        access_expires_at=found.access_expires_at,
    )
    covered = desk.gateway.converse(
        marketplace.shops(grant, zone=app.zone),
        marketplace=marketplace,
        app=app,
        credentials=SellerCredentials(desk, authorization_id),
        work=Work.TOKENS,
    )
    with desk.database.write() as connection:
        now = database_now(connection)
        # Two who look at the same moment must not both find the shop new.
        lock_app(connection, app, now=now)
        added = shops.remember_shops(
            connection, authorization_id, covered, now=now, takes=takes
        )
        for shop_key in added:
            _tell(connection, "shop_found", shop_key, app.app_id, now)
        _follow(connection, authorization_id, covered, app.app_id, now)
    return Connected(
        authorization_id=authorization_id,
        name=found.name,
        shops=covered,
        added=tuple(added),
    )


def _follow(
    connection: Connection,
    authorization_id: int,
    covered: tuple[Shop, ...],
    app_id: str,
    now: datetime,
) -> None:
    """Pause what vanished, wake what came back; data is never deleted here."""
    present = {shop.shop_key for shop in covered}
    # One empty answer proves nothing: it must not stop a whole seller.
    if not present:
        return
    for stored in shops.shops_of(connection, authorization_id):
        shop_key = stored.shop.shop_key
        if shop_key not in present and stored.paused is None:
            resting.pause_shop(connection, shop_key, reason=VANISHED)
            _tell(connection, "shop_vanished", shop_key, app_id, now)
        elif shop_key in present and stored.paused == VANISHED:
            resting.resume_shop(connection, shop_key, now=now)
            _tell(connection, "shop_found", shop_key, app_id, now)


def _tell(
    connection: Connection, name: str, shop_key: str, app_id: str, now: datetime
) -> None:
    record_event(connection, name, now=now, shop_key=shop_key, app_id=app_id, detail={})
