"""Everything counted: how many sellers and shops stand how; a few scans, no joins."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, literal, select, text

from worker.domain.grants import DEAD, AuthorizationState
from worker.domain.records import Stream
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.records import orders, products


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerTally:
    """All authorizations of one app in one state."""

    app_id: str
    state: AuthorizationState
    count: int
    # The first of them to end: an access token, and what only the seller renews.
    token_ends_at: datetime
    ends_at: datetime
    # Since when the longest overdue refresh waits for its turn; None: nothing is due.
    overdue_since: datetime | None


def count_sellers(connection: Connection, *, now: datetime) -> list[SellerTally]:
    """Return how many authorizations each app has in each state."""
    waiting = case(
        (
            (authorizations.c.refresh_at < literal(now, UtcTime()))
            & (
                authorizations.c.lease_until.is_(None)
                | (authorizations.c.lease_until < literal(now, UtcTime()))
            ),
            authorizations.c.refresh_at,
        )
    )
    ends = func.coalesce(
        authorizations.c.refresh_expires_at,
        authorizations.c.access_expires_at,
        type_=UtcTime(),
    )
    rows = connection.execute(
        select(
            authorizations.c.app_id,
            authorizations.c.state,
            func.count().label("all_of_them"),
            func.min(authorizations.c.access_expires_at).label("token_ends_at"),
            func.min(ends, type_=UtcTime()).label("ends_at"),
            func.min(waiting, type_=UtcTime()).label("overdue_since"),
        ).group_by(authorizations.c.app_id, authorizations.c.state)
    )
    return [
        SellerTally(
            app_id=row.app_id,
            state=AuthorizationState(row.state),
            count=row.all_of_them,
            token_ends_at=row.token_ends_at,
            ends_at=row.ends_at,
            overdue_since=row.overdue_since,
        )
        for row in rows
    ]


def count_ending(
    connection: Connection, *, now: datetime, within: tuple[timedelta, ...]
) -> list[int]:
    """Return how many living authorizations end within each of these times."""
    ends = func.coalesce(
        authorizations.c.refresh_expires_at, authorizations.c.access_expires_at
    )
    counted = (
        func.sum(case((ends < literal(now + each, UtcTime()), 1), else_=0))
        for each in within
    )
    row = connection.execute(
        select(*counted).where(authorizations.c.state.not_in([*DEAD]))
    ).one()
    return [int(value or 0) for value in row]


def count_shops(connection: Connection) -> tuple[int, int]:
    """Return how many shops there are, and how many of them are paused."""
    row = connection.execute(
        select(func.count(), func.count(shops.c.paused)).select_from(shops)
    ).one()
    return int(row[0]), int(row[1])


# Counting millions of rows takes seconds; the planner's statistics are at hand.
_ESTIMATE = text(
    "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(:name)"
)


def estimate_records(connection: Connection) -> dict[Stream, int]:
    """Return about how many orders and products are stored, without counting them.

    PostgreSQL's estimate is that of its last ANALYZE; SQLite's counts deleted rows too.
    """
    found = {}
    for stream, table in ((Stream.ORDERS, orders), (Stream.PRODUCTS, products)):
        if connection.dialect.name == "postgresql":
            row = connection.execute(_ESTIMATE, {"name": table.name})
        else:
            row = connection.execute(text(f"SELECT max(rowid) FROM {table.name}"))  # noqa: S608 -- a name of ours
        found[stream] = int(row.scalar_one_or_none() or 0)
    return found
