"""The log of page reads; its rows and what they brought commit together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from worker.domain.pages import CallMade
from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.schema.reads import page_reads

# One transaction's share.
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """One page as it was read."""

    shop_key: str
    stream: Stream
    # The token of the lease under which it was read.
    turn: str
    window_start: datetime | None
    window_end: datetime | None
    section: str
    # Rows that the walk had seen before this page.
    seen_before: int
    step: str
    rows: int
    total: int | None
    calls: Sequence[CallMade]
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRead(PageRead):
    """A page read that is in the log."""

    id: int
    at: datetime


def log_page_read(connection: Connection, read: PageRead, *, now: datetime) -> int:
    """Write a page read down and return its number; rows of the page refer to it."""
    number: int = connection.execute(
        insert(page_reads).returning(page_reads.c.id),
        {
            "at": now,
            "shop_key": read.shop_key,
            "stream": read.stream.value,
            "turn": read.turn,
            "window_start": read.window_start,
            "window_end": read.window_end,
            "section": read.section,
            "seen_before": read.seen_before,
            "step": read.step,
            "rows": read.rows,
            "total": read.total,
            "calls": read.calls,
            "milliseconds": read.milliseconds,
        },
    ).scalar_one()
    return number


def page_reads_by_id(
    connection: Connection, numbers: Sequence[int]
) -> dict[int, LoggedRead]:
    """Return these page reads, as far as they are still in the log."""
    rows = connection.execute(
        select(page_reads).where(one_of(page_reads.c.id, numbers))
    )
    return {row.id: _read(row) for row in rows}


def reads_of_windows_around(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    moment: datetime | None,
    *,
    limit: int,
) -> list[LoggedRead]:
    """Return the latest page reads whose window holds a moment, newest first.

    None: the latest of any window.
    """
    columns = page_reads.c
    query = (
        select(page_reads)
        .where(columns.shop_key == shop_key, columns.stream == stream.value)
        .order_by(columns.id.desc())
        .limit(limit)
    )
    if moment is not None:
        query = query.where(
            or_(columns.window_start.is_(None), columns.window_start <= moment),
            columns.window_end >= moment,
        )
    return [_read(row) for row in connection.execute(query)]


def newest_page_read(connection: Connection) -> int:
    """Return the number of the last page read in the log; 0: there is none."""
    return connection.execute(select(func.max(page_reads.c.id))).scalar_one() or 0


def rows_read_after(
    connection: Connection, number: int, stream: Stream
) -> dict[str, int]:
    """Return how many rows of a stream were read by later page reads, by shop."""
    rows = connection.execute(
        select(page_reads.c.shop_key, func.sum(page_reads.c.rows).label("read"))
        .where(page_reads.c.id > number, page_reads.c.stream == stream.value)
        .group_by(page_reads.c.shop_key)
    )
    return {row.shop_key: int(row.read) for row in rows}


def purge_page_reads(connection: Connection, *, before: datetime) -> int:
    """Forget some of the oldest page reads, if they are from before then; return how many."""
    columns = page_reads.c
    oldest = connection.execute(
        select(columns.id, columns.at).order_by(columns.id).limit(_BATCH)
    ).all()
    due = [row.id for row in takewhile(lambda row: row.at < before, oldest)]
    if due:
        connection.execute(delete(page_reads).where(columns.id <= due[-1]))
    return len(due)


def _read(row: Row[Any]) -> LoggedRead:
    return LoggedRead(
        id=row.id,
        at=row.at,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        turn=row.turn,
        window_start=row.window_start,
        window_end=row.window_end,
        section=row.section,
        seen_before=row.seen_before,
        step=row.step,
        rows=row.rows,
        total=row.total,
        calls=[tuple(call) for call in row.calls],
        milliseconds=row.milliseconds,
    )
