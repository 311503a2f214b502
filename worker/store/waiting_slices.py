"""Which shops have slices that wait, and how many of each shop are being read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select, text

from worker.store.membership import one_of
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.slice_claims import SliceClaim, lease_slices
from worker.store.slices import is_due, its_stream

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

    The slices of a stream that is paused, dead or disabled do not wait: they rest, and so
    do those of a shop whose pulls keep failing.
    """
    rows = connection.execute(_WAITING, {"moment": now})
    return [Owner(row.app_id, row.shop_key) for row in rows]


def running_slices(connection: Connection, *, now: datetime) -> dict[Owner, int]:
    """Return how many slices of each shop are leased."""
    rows = connection.execute(_RUNNING, {"moment": now})
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
    wanted = one_of(slices.c.id, chosen.scalars()) & is_due(now)
    return lease_slices(connection, wanted, token=token, until=until)


# What a tick executes is built once: to build it takes longer than to find nothing to do.
_MOMENT = bindparam("moment", type_=UtcTime())
# First which streams have open slices, from an index of nothing else; then one probe of
# each, however many slices it has.
_UNREAD = (
    select(slices.c.shop_key, slices.c.stream)
    .where(slices.c.next_run_at.is_not(None))
    .distinct()
    .subquery("unread")
)
_WAITING = (
    select(streams.c.app_id, streams.c.shop_key)
    .select_from(_UNREAD)
    .join(
        streams,
        and_(
            streams.c.shop_key == _UNREAD.c.shop_key,
            streams.c.stream == _UNREAD.c.stream,
        ),
    )
    .join(shops, shops.c.shop_key == streams.c.shop_key)
    .where(
        streams.c.next_run_at.is_not(None),
        shops.c.broken_since.is_(None),
        select(slices.c.id).where(its_stream(), is_due(_MOMENT)).exists(),
    )
    .distinct()
    .order_by(streams.c.shop_key)
)
_RUNNING = (
    select(authorizations.c.app_id, slices.c.shop_key, func.count())
    .join(shops, shops.c.shop_key == slices.c.shop_key)
    .join(authorizations, authorizations.c.id == shops.c.authorization_id)
    .where(slices.c.lease_until >= _MOMENT)
    .group_by(authorizations.c.app_id, slices.c.shop_key)
)
