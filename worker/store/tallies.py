"""Everything counted: how many sellers, shops and streams stand how; a few scans, no joins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, literal, select, text

from worker.domain.grants import DEAD, AuthorizationState
from worker.domain.records import Stream
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.feed import changes
from worker.store.schema.metadata import UtcTime
from worker.store.schema.records import orders, products
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.shop_list import failing, late


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerTally:
    """All authorizations of one app in one state."""

    app_id: str
    state: AuthorizationState
    count: int
    # The first of them to end: an access token, and what only the seller renews.
    token_ends_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTally:
    """All streams of one kind."""

    count: int
    # Those that should run: not paused, not disabled, their seller's authorization alive.
    running: int
    late: int
    failing: int
    disabled: int
    stalled: int
    # Of those that run; None: there is none, or none has had a complete window.
    oldest_watermark: datetime | None
    # Since when the longest overdue one waits for its turn; None: nothing is due.
    overdue_since: datetime | None
    # Never had a complete window although it should run.
    never: int


def count_sellers(connection: Connection) -> list[SellerTally]:
    """Return how many authorizations each app has in each state."""
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
        ).group_by(authorizations.c.app_id, authorizations.c.state)
    )
    return [
        SellerTally(
            app_id=row.app_id,
            state=AuthorizationState(row.state),
            count=row.all_of_them,
            token_ends_at=row.token_ends_at,
            ends_at=row.ends_at,
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


def count_streams(
    connection: Connection, *, now: datetime, targets: Mapping[Stream, timedelta]
) -> dict[Stream, StreamTally]:
    """Return how the streams of each kind stand."""
    runs = streams.c.next_run_at.is_not(None)
    behind = case(
        *((late(each, now, target), 1) for each, target in targets.items()), else_=0
    )
    waiting = case(
        (
            runs
            & (streams.c.next_run_at < literal(now, UtcTime()))
            & (
                streams.c.lease_until.is_(None)
                | (streams.c.lease_until < literal(now, UtcTime()))
            ),
            streams.c.next_run_at,
        )
    )
    rows = connection.execute(
        select(
            streams.c.stream,
            func.count().label("all_of_them"),
            func.count(streams.c.next_run_at).label("running"),
            func.sum(behind).label("late"),
            func.sum(case((failing(), 1), else_=0)).label("failing"),
            func.count(streams.c.disabled).label("disabled"),
            func.count(streams.c.stalled_at).label("stalled"),
            func.min(case((runs, streams.c.watermark)), type_=UtcTime()).label(
                "oldest_watermark"
            ),
            func.min(waiting, type_=UtcTime()).label("overdue_since"),
            func.sum(case((runs & streams.c.watermark.is_(None), 1), else_=0)).label(
                "never"
            ),
        ).group_by(streams.c.stream)
    )
    return {
        Stream(row.stream): StreamTally(
            count=row.all_of_them,
            running=row.running,
            late=row.late,
            failing=row.failing,
            disabled=row.disabled,
            stalled=row.stalled,
            oldest_watermark=row.oldest_watermark,
            overdue_since=row.overdue_since,
            never=row.never,
        )
        for row in rows
    }


def count_open_history(connection: Connection) -> dict[Stream, tuple[int, int]]:
    """Return of each stream how many slices of history are open, and of how many shops."""
    rows = connection.execute(
        select(
            slices.c.stream,
            func.count().label("slices"),
            func.count(slices.c.shop_key.distinct()).label("shops"),
        )
        .where(slices.c.done_at.is_(None))
        .group_by(slices.c.stream)
    )
    return {Stream(row.stream): (row.slices, row.shops) for row in rows}


def newest_change(connection: Connection) -> int:
    """Return the number of the newest change: how many were ever written, about."""
    return int(connection.execute(select(func.max(changes.c.seq))).scalar_one() or 0)


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
