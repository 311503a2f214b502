"""Many sellers with a shop each, put into the database in a moment."""

from datetime import timedelta

from sqlalchemy import insert

from worker.domain.records import Stream
from worker.store.many_rows import insert_into
from worker.store.schema.accounts import apps, authorizations, shops
from worker.store.schema.streams import streams

APP_ID = "temu:eu:key"


def connect_fleet(
    database,
    count,
    *,
    now,
    app_id=APP_ID,
    due=lambda _number, _stream: None,
    calls=lambda _number: 1.0,
    shops_of_each=1,
    first=0,
):
    """Connect so many sellers; `due` says when a stream of one of them is, None: never."""
    marketplace, zone, _ = app_id.split(":")
    with database.write() as connection:
        connection.execute(
            insert_into(apps, connection.dialect)
            .values(
                app_id=app_id,
                marketplace=marketplace,
                zone=zone,
                app_key="key",
                created_at=now,
            )
            .on_conflict_do_nothing()
        )
        sellers = connection.execute(
            insert(authorizations).returning(authorizations.c.id),
            [
                {
                    "app_id": app_id,
                    "subject": f"seller-{number}",
                    "state": "active",
                    "sealed_access_token": b"made up",
                    "access_expires_at": now + timedelta(days=90),
                    "refreshed_at": now,
                    "refresh_at": now + timedelta(days=30),
                    "version": 1,
                    "created_at": now,
                }
                for number in range(first, first + count)
            ],
        ).scalars()
        found = [
            (number, seller, f"{marketplace}:{zone}:{number}-{place}")
            for number, seller in enumerate(sellers, start=first)
            for place in range(shops_of_each)
        ]
        connection.execute(
            insert(shops),
            [
                {
                    "shop_key": shop_key,
                    "authorization_id": seller,
                    "marketplace": marketplace,
                    "zone": zone,
                    "shop_id": shop_key.rpartition(":")[2],
                    "created_at": now,
                }
                for _, seller, shop_key in found
            ],
        )
        connection.execute(
            insert(streams),
            [
                {
                    "shop_key": shop_key,
                    "stream": stream.value,
                    "app_id": app_id,
                    "next_run_at": due(number, stream),
                    "calls": calls(number),
                    "shown": b"",
                }
                for number, _, shop_key in found
                for stream in Stream
            ],
        )
