"""Which slices wait, and how many of each shop are being read."""

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
    """Whose slice it is: what places are shared by."""

    app_id: str
    shop_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSlice:
    """A slice that could be read now."""

    id: int
    owner: Owner


def choose_alone(connection: Connection) -> None:
    """Let nobody else choose slices until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)


def waiting_slices(
    connection: Connection, *, now: datetime, per_shop: int
) -> list[WaitingSlice]:
    """Return the slices that wait, the most recent first; of each shop at most so many.

    The slices of a stream that is paused, dead or disabled do not wait: they rest.
    """
    place = func.row_number().over(
        partition_by=slices.c.shop_key,
        order_by=(slices.c.window_end.desc(), slices.c.stream, slices.c.id),
    )
    ranked = (
        select(
            slices.c.id,
            slices.c.shop_key,
            slices.c.window_end,
            slices.c.stream,
            place.label("place"),
        )
        .join(streams, its_stream())
        .where(is_due(now), streams.c.next_run_at.is_not(None))
        .subquery()
    )
    rows = connection.execute(
        select(ranked.c.id, ranked.c.shop_key, authorizations.c.app_id)
        .join(shops, shops.c.shop_key == ranked.c.shop_key)
        .join(authorizations, authorizations.c.id == shops.c.authorization_id)
        .where(ranked.c.place <= per_shop)
        .order_by(ranked.c.window_end.desc(), ranked.c.stream, ranked.c.id)
    )
    return [
        WaitingSlice(id=row.id, owner=Owner(row.app_id, row.shop_key)) for row in rows
    ]


def running_slices(connection: Connection, *, now: datetime) -> dict[Owner, int]:
    """Return how many slices of each shop are leased."""
    rows = connection.execute(
        select(authorizations.c.app_id, slices.c.shop_key, func.count())
        .join(shops, shops.c.shop_key == slices.c.shop_key)
        .join(authorizations, authorizations.c.id == shops.c.authorization_id)
        .where(slices.c.done_at.is_(None), slices.c.lease_until >= now)
        .group_by(authorizations.c.app_id, slices.c.shop_key)
    )
    return {Owner(app_id, shop_key): count for app_id, shop_key, count in rows}


def claim_chosen(
    connection: Connection,
    chosen: list[int],
    *,
    token: str,
    now: datetime,
    until: datetime,
) -> list[SliceClaim]:
    """Lease the chosen slices, without those that somebody has taken meanwhile."""
    if not chosen:
        return []
    wanted = slices.c.id.in_(chosen) & is_due(now)
    return lease_slices(connection, wanted, token=token, until=until)
