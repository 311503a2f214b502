"""Many made-up sellers with one shop each, put into the database at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from worker.domain.records import Stream
from worker.store.schema.accounts import apps, authorizations, shops
from worker.store.schema.streams import streams


def connect_fleet(
    connection: Connection,
    count: int,
    *,
    app_id: str,
    now: datetime,
    due: Callable[[int, Stream], datetime],
    refresh_at: Callable[[int], datetime],
    has_reconcile: bool = True,
) -> None:
    """Connect sellers 0 to `count`, whose streams are due then."""
    marketplace, zone, app_key = app_id.split(":")
    connection.execute(
        insert(apps).values(
            app_id=app_id,
            marketplace=marketplace,
            zone=zone,
            app_key=app_key,
            created_at=now,
        )
    )
    connection.execute(
        insert(authorizations),
        [
            {
                "id": number + 1,
                "app_id": app_id,
                "subject": str(number),
                "state": "active",
                "sealed_access_token": b"made up",
                "access_expires_at": now + timedelta(days=90),
                "refreshed_at": now,
                "refresh_at": refresh_at(number),
                "version": 1,
                "created_at": now,
            }
            for number in range(count)
        ],
    )
    connection.execute(
        insert(shops),
        [
            {
                "shop_key": shop_key(app_id, number),
                "authorization_id": number + 1,
                "marketplace": marketplace,
                "zone": zone,
                "shop_id": str(number),
                "created_at": now,
            }
            for number in range(count)
        ],
    )
    connection.execute(
        insert(streams),
        [
            {
                "shop_key": shop_key(app_id, number),
                "stream": stream.value,
                "app_id": app_id,
                "next_run_at": due(number, stream),
                "advanced_at": now,
                "has_reconcile": has_reconcile,
                "shown": b"",
            }
            for number in range(count)
            for stream in Stream
        ],
    )


def shop_key(app_id: str, number: int) -> str:
    """Return a seller's shop."""
    return f"{app_id.rpartition(':')[0]}:{number}"


def number_of(key: str) -> int:
    """Return which seller a shop belongs to."""
    return int(key.rpartition(":")[2])
