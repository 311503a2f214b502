"""Which shops have slices that wait, and how many of each shop are being read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.slices import SliceClaim, is_due, its_stream, lease_slices

# Those who choose at the same time would choose the same, or too many together; on
# SQLite a transaction that may write is alone anyway.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('sellersync.slices'))")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose slices they are: what places are shared by."""

    app_id: str
    shop_key: str


def choose_alone(connection: Connection) -> None:
    """Let nobody else choose slices until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)


def owners_waiting(connection: Connection, *, now: datetime) -> list[Owner]:
    """Return the shops that have a slice to read now.

    The slices of a stream that is paused, dead or disabled do not wait: they rest. One
    probe of an index per stream, however many slices there are.
    """
    waits = select(slices.c.id).where(its_stream(), is_due(now)).exists()
    rows = connection.execute(
        select(authorizations.c.app_id, shops.c.shop_key)
        .join(shops, shops.c.authorization_id == authorizations.c.id)
        .join(streams, streams.c.shop_key == shops.c.shop_key)
        .where(streams.c.next_run_at.is_not(None), waits)
        .distinct()
        .order_by(shops.c.shop_key)
    )
    return [Owner(row.app_id, row.shop_key) for row in rows]


def running_slices(connection: Connection, *, now: datetime) -> dict[Owner, int]:
    """Return how many slices of each shop are leased."""
    rows = connection.execute(
        select(authorizations.c.app_id, slices.c.shop_key, func.count())
        .join(shops, shops.c.shop_key == slices.c.shop_key)
        .join(authorizations, authorizations.c.id == shops.c.authorization_id)
        .where(slices.c.lease_until >= now)
        .group_by(authorizations.c.app_id, slices.c.shop_key)
    )
    return {Owner(app_id, shop_key): count for app_id, shop_key, count in rows}


def claim_waiting(
    connection: Connection,
    owner: Owner,
    *,
    token: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[SliceClaim]:
    """Lease slices of a shop that wait, the most recent first."""
    chosen = connection.execute(
        select(slices.c.id)
        .join(streams, its_stream())
        .where(
            slices.c.shop_key == owner.shop_key,
            streams.c.next_run_at.is_not(None),
            is_due(now),
        )
        .order_by(slices.c.window_end.desc(), slices.c.stream, slices.c.id)
        .limit(limit)
    )
    # Somebody who reads in a process of his own may have taken one meanwhile.
    wanted = slices.c.id.in_(chosen.scalars().all()) & is_due(now)
    return lease_slices(connection, wanted, token=token, until=until)
