"""Connected shops, by their keys, their sellers and their authorizations."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, true, update

from worker.domain.grants import DEAD
from worker.domain.identity import Shop
from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.resting import make_due
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredShop:
    """One shop, with what it hangs on."""

    shop: Shop
    authorization_id: int
    app_id: str
    paused: str | None
    # Since when it is only tried now and then, as too many of its pulls failed.
    broken_since: datetime | None = None
    failures: int = 0


def find_shop(connection: Connection, shop_key: str) -> StoredShop | None:
    """Return one shop by its key."""
    row = connection.execute(_query().where(shops.c.shop_key == shop_key)).one_or_none()
    return None if row is None else _read(row)


def all_shops(
    connection: Connection, *, keys: Collection[str] | None = None
) -> list[StoredShop]:
    """Return all shops by key; on wish only these."""
    query = _query().where(true() if keys is None else one_of(shops.c.shop_key, keys))
    return [_read(row) for row in connection.execute(query.order_by(shops.c.shop_key))]


def shops_of(connection: Connection, authorization_id: int) -> list[StoredShop]:
    """Return the shops that hang on one authorization."""
    rows = connection.execute(
        _query().where(shops.c.authorization_id == authorization_id)
    )
    return [_read(row) for row in rows]


def remember_shops(
    connection: Connection,
    authorization_id: int,
    found: Sequence[Shop],
    *,
    now: datetime,
    takes: bool,
) -> list[str]:
    """Store the shops of a grant; return the keys that are new. New streams are due at once.

    A shop of another living authorization is only taken over on wish: when its seller has
    just authorised anew.
    """
    added = []
    app_id = connection.execute(
        select(authorizations.c.app_id).where(authorizations.c.id == authorization_id)
    ).scalar_one()
    for shop in found:
        holder = _holder(connection, shop.shop_key)
        moves = holder is not None and holder.id != authorization_id
        if moves and not takes and holder.state not in DEAD:
            continue
        values = {
            "authorization_id": authorization_id,
            "name": shop.name,
            "region": shop.region,
            "cipher": shop.cipher,
        }
        known = connection.execute(
            update(shops).where(shops.c.shop_key == shop.shop_key).values(**values)
        )
        if known.rowcount:
            connection.execute(
                update(streams)
                .where(streams.c.shop_key == shop.shop_key, streams.c.app_id != app_id)
                .values(app_id=app_id)
            )
            if moves and holder.paused is None:
                make_due(connection, [shop.shop_key], now=now)
            continue
        connection.execute(
            insert(shops).values(
                shop_key=shop.shop_key,
                marketplace=shop.marketplace,
                zone=shop.zone,
                shop_id=shop.shop_id,
                created_at=now,
                **values,
            )
        )
        connection.execute(
            insert(streams),
            [
                {
                    "shop_key": shop.shop_key,
                    "stream": stream.value,
                    "app_id": app_id,
                    "next_run_at": now,
                    "advanced_at": now,
                }
                for stream in Stream
            ],
        )
        added.append(shop.shop_key)
    return added


def _holder(connection: Connection, shop_key: str) -> Any:
    """Return the authorization that a shop hangs on now, and whether the shop rests."""
    return connection.execute(
        select(authorizations.c.id, authorizations.c.state, shops.c.paused)
        .join(shops, shops.c.authorization_id == authorizations.c.id)
        .where(shops.c.shop_key == shop_key)
    ).one_or_none()


def shop_keys(connection: Connection, authorization_id: int) -> list[str]:
    """Return the shops that an authorization covers."""
    return list(
        connection.execute(
            select(shops.c.shop_key).where(shops.c.authorization_id == authorization_id)
        ).scalars()
    )


def shops_of_sellers(
    connection: Connection, sellers: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Return the shops of sellers who are named by app and subject."""
    rows = connection.execute(
        select(authorizations.c.app_id, authorizations.c.subject, shops.c.shop_key)
        .join(authorizations, shops.c.authorization_id == authorizations.c.id)
        # Together, as SQLite finds pairs by no index.
        .where(one_of(authorizations.c.app_id, {app_id for app_id, _ in sellers}))
        .where(one_of(authorizations.c.subject, {subject for _, subject in sellers}))
        .order_by(shops.c.shop_key)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.app_id, row.subject), []).append(row.shop_key)
    return found


def _query() -> Any:
    return select(shops, authorizations.c.app_id).join(
        authorizations, shops.c.authorization_id == authorizations.c.id
    )


def _read(row: Row[Any]) -> StoredShop:
    return StoredShop(
        shop=Shop(
            marketplace=row.marketplace,
            zone=row.zone,
            shop_id=row.shop_id,
            name=row.name,
            region=row.region,
            cipher=row.cipher,
        ),
        authorization_id=row.authorization_id,
        app_id=row.app_id,
        paused=row.paused,
        broken_since=row.broken_since,
        failures=row.failures,
    )
