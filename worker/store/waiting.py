"""What waits to be handed out, per app, and what was handed out and is not done yet.

All of it is found through indexes of what is due, urgent or leased: streams that rest cost
nothing, however many there are.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, or_, select, text, update

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.schema.accounts import apps, authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('sellersync.tick'))")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that could be handed out now, and what that would cost its app."""

    number: int
    # Whoever shares the budget with others: the authorization.
    seller: int
    # Learned; None: nobody knows yet.
    calls: float | None = None


def is_alone(connection: Connection) -> bool:
    """Whether nobody else hands out work until the end of the transaction.

    On SQLite a transaction that may write is alone anyway. Whoever is not alone has nothing
    to do: the other one hands out what there is.
    """
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(_ALONE).scalar_one())


def known_apps(connection: Connection) -> list[str]:
    """Return all apps that ever had a seller, also those that no setting names any more."""
    return list(connection.execute(_APPS).scalars())


def waiting_streams(
    connection: Connection, app_id: str, stream: Stream, *, now: datetime, limit: int
) -> list[Waiting]:
    """Lock the streams of one kind that are due, the longest overdue first."""
    values = {"app": app_id, "moment": now, "most": limit, "kind": stream.value}
    return _waiting(connection, _DUE_STREAMS, values)


def urgent_streams(
    connection: Connection, app_id: str, *, now: datetime, limit: int
) -> list[Waiting]:
    """Lock the streams that somebody asked for, the first asked for at the front."""
    values = {"app": app_id, "moment": now, "most": limit}
    return _waiting(connection, _URGENT_STREAMS, values)


def waiting_refreshes(
    connection: Connection,
    app_id: str,
    *,
    due_before: datetime,
    now: datetime,
    limit: int,
) -> list[Waiting]:
    """Lock the authorizations whose refresh is due by then, the most urgent first."""
    values = {"app": app_id, "moment": now, "most": limit, "due": due_before}
    found = connection.execute(_DUE_REFRESHES, values).scalars()
    return [Waiting(number, seller=number, calls=1) for number in found]


def lease_refreshes(
    connection: Connection, chosen: Sequence[int], *, owner: str, until: datetime
) -> None:
    """Lease authorizations whose rows this transaction has locked."""
    if chosen:
        connection.execute(
            update(authorizations)
            .where(one_of(authorizations.c.id, chosen))
            .values(lease_owner=owner, lease_until=until)
        )


def held_streams(
    connection: Connection, *, leased_until: datetime
) -> Mapping[tuple[str, Stream], list[Waiting]]:
    """Return what was handed out of each app's streams, until that moment or longer."""
    held = defaultdict(list)
    for row in connection.execute(_HELD_STREAMS, {"moment": leased_until}):
        found = Waiting(row.id, seller=row.id, calls=row.calls)
        held[row.app_id, Stream(row.stream)].append(found)
    return held


def held_refreshes(
    connection: Connection, *, leased_until: datetime
) -> Mapping[str, int]:
    """Return how many refreshes of each app were handed out until then or longer."""
    rows = connection.execute(_HELD_REFRESHES, {"moment": leased_until})
    return Counter(rows.scalars())


def _waiting(
    connection: Connection, statement: Select[Any], values: Mapping[str, object]
) -> list[Waiting]:
    rows = connection.execute(statement, values)
    return [Waiting(row.id, row.authorization_id, row.calls) for row in rows]


# What a tick executes is built once: to build it takes longer than to find nothing due.
_MOMENT = bindparam("moment", type_=UtcTime())
_MOST = bindparam("most", type_=Integer())
_APPS = select(apps.c.app_id)
_STREAMS = (
    select(streams.c.id, shops.c.authorization_id, streams.c.calls)
    .join(shops, shops.c.shop_key == streams.c.shop_key)
    .where(
        streams.c.app_id == bindparam("app"),
        streams.c.next_run_at <= _MOMENT,
        or_(streams.c.lease_until.is_(None), streams.c.lease_until < _MOMENT),
    )
    .limit(_MOST)
    .with_for_update(of=streams, skip_locked=True)
)
_DUE_STREAMS = _STREAMS.where(streams.c.stream == bindparam("kind")).order_by(
    streams.c.next_run_at
)
_URGENT_STREAMS = _STREAMS.where(streams.c.urgent_at <= _MOMENT).order_by(
    streams.c.urgent_at
)
_DUE_REFRESHES = (
    select(authorizations.c.id)
    .where(
        authorizations.c.app_id == bindparam("app"),
        authorizations.c.refresh_at <= bindparam("due", type_=UtcTime()),
        or_(
            authorizations.c.lease_until.is_(None),
            authorizations.c.lease_until < _MOMENT,
        ),
    )
    .order_by(authorizations.c.refresh_at)
    .limit(_MOST)
    .with_for_update(skip_locked=True)
)
# Not grouped by the database: SQLite would go through all rows to have them in order.
_HELD_STREAMS = select(
    streams.c.app_id, streams.c.stream, streams.c.id, streams.c.calls
).where(streams.c.lease_until >= _MOMENT)
_HELD_REFRESHES = select(authorizations.c.app_id).where(
    authorizations.c.lease_until >= _MOMENT
)
