"""Everything the database knows of how one order or product came to be here, or did not."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, or_, select

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.page_reads import (
    LoggedRead,
    page_reads_by_id,
    reads_of_windows_around,
)
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.feed import LATER_VERSIONS, changes
from worker.store.schema.records import raw_payloads, unreadable_rows
from worker.store.schema.slices import slices
from worker.store.shapes import SHAPES
from worker.store.streams import StoredStream, find_stream

# Pages looked at for windows, and windows told of, newest first.
_MOST_READS = 500
_MOST_WINDOWS = 10
_MOST_VERSIONS = 50

_Facts = dict[str, Any]


def shops_with(connection: Connection, stream: Stream, record_id: str) -> list[str]:
    """Return the connected shops that have this record, readable or not, by key."""
    table, id_name = SHAPES[stream].table, SHAPES[stream].id_name
    known = list(connection.execute(select(shops.c.shop_key)).scalars())
    readable = connection.execute(
        # With the shop's key the index finds it.
        select(table.c.shop_key).where(
            one_of(table.c.shop_key, known), table.c[id_name] == record_id
        )
    ).scalars()
    odd = connection.execute(
        select(unreadable_rows.c.shop_key).where(
            one_of(unreadable_rows.c.shop_key, known),
            unreadable_rows.c.stream == stream.value,
            unreadable_rows.c.record_id == record_id,
        )
    ).scalars()
    return sorted({*readable, *odd})


def explain(
    connection: Connection, shop_key: str, stream: Stream, record_id: str
) -> _Facts:
    """Return what is stored of a record and who wrote it, its windows, and what is next."""
    stored = _stored(connection, shop_key, stream, record_id)
    unreadable = _unreadable(connection, shop_key, stream, record_id)
    versions = _versions(connection, shop_key, stream, record_id)
    _name_reads(connection, [row for row in (stored, unreadable, *versions) if row])
    moment = stored["updated_at"] if stored else None
    return {
        "shop_key": shop_key,
        "stream": stream.value,
        "id": record_id,
        "stored": stored,
        "unreadable": unreadable,
        "versions": versions,
        "windows": _windows(
            reads_of_windows_around(
                connection, shop_key, stream, moment, limit=_MOST_READS
            )
        ),
        "history": _history(connection, shop_key, stream, moment),
        "next": _next(connection, find_stream(connection, shop_key, stream)),
    }


def _stored(
    connection: Connection, shop_key: str, stream: Stream, record_id: str
) -> _Facts | None:
    shape, payloads = SHAPES[stream], raw_payloads.c
    table = shape.table
    names = [name for name in shape.fields if name.endswith(("status", "_at"))]
    row = connection.execute(
        select(*(table.c[name] for name in names), table.c.content_hash).where(
            table.c.shop_key == shop_key, table.c[shape.id_name] == record_id
        )
    ).one_or_none()
    if row is None:
        return None
    payload = connection.execute(
        select(payloads.fetched_at, payloads.blanked_at, payloads.read_id).where(
            payloads.shop_key == shop_key,
            payloads.stream == stream.value,
            payloads.record_id == record_id,
        )
    ).one_or_none()
    facts = _facts(row)
    facts["content_hash"] = facts["content_hash"].hex()
    return facts | (_facts(payload) if payload else {"read_id": None})


def _unreadable(
    connection: Connection, shop_key: str, stream: Stream, record_id: str
) -> _Facts | None:
    columns = unreadable_rows.c
    row = connection.execute(
        select(
            columns.reason, columns.fetched_at, columns.blanked_at, columns.read_id
        ).where(
            columns.shop_key == shop_key,
            columns.stream == stream.value,
            columns.record_id == record_id,
        )
    ).one_or_none()
    return _facts(row) if row else None


def _versions(
    connection: Connection, shop_key: str, stream: Stream, record_id: str
) -> list[_Facts]:
    """Return the later versions, oldest first; values stay in the feed."""
    columns = changes.c
    rows = connection.execute(
        select(
            *(columns.seq, columns.at, columns.kind, columns.fields),
            *(columns.updated_at, columns.read_id),
        )
        .where(
            LATER_VERSIONS,
            columns.id == record_id,
            columns.shop_key == shop_key,
            columns.stream == stream.value,
        )
        .order_by(columns.seq.desc())
        .limit(_MOST_VERSIONS)
    ).all()
    versions = [_facts(row) for row in reversed(rows)]
    for version in versions:
        version["fields"] = sorted(version["fields"])
    return versions


def _name_reads(connection: Connection, rows: Sequence[_Facts]) -> None:
    """Put the page read that wrote it in the place of its number."""
    numbers = {row["read_id"] for row in rows} - {None}
    found = page_reads_by_id(connection, list(numbers))
    for row in rows:
        read = found.get(row["read_id"])
        row["read"] = _read(read) if read else None


def _windows(reads: Iterable[LoggedRead]) -> list[_Facts]:
    """Return walks over windows, newest first, each with its pages."""
    windows = []
    for (start, end, section), pages in groupby(
        reads, lambda read: (read.window_start, read.window_end, read.section)
    ):
        newest, *older = pages
        oldest = older[-1] if older else newest
        windows.append(
            {
                "start": start,
                "end": end,
                "section": section,
                "first_read_at": oldest.at,
                "last_read_at": newest.at,
                "outcome": newest.step,
                "total": newest.total,
                "pages": [_read(page) for page in (*reversed(older), newest)],
            }
        )
        if len(windows) == _MOST_WINDOWS:
            break
    return windows


def _read(read: LoggedRead) -> _Facts:
    facts = asdict(read)
    facts["calls"] = [
        {"endpoint": endpoint, "http_status": status, "request_id": request_id}
        for endpoint, status, request_id in read.calls
    ]
    for name in ("shop_key", "stream"):
        del facts[name]
    return facts


def _history(
    connection: Connection, shop_key: str, stream: Stream, moment: datetime | None
) -> list[_Facts]:
    """Return the slices of history that hold a moment; None: those that are not done."""
    columns = slices.c
    query = (
        select(
            columns.window_start.label("start"),
            columns.window_end.label("end"),
            columns.done_at,
            func.coalesce(columns.lease_until, columns.next_run_at).label("attempt_at"),
            columns.failures,
            columns.last_error,
        )
        .where(columns.shop_key == shop_key, columns.stream == stream.value)
        .order_by(columns.window_end.desc())
        .limit(_MOST_WINDOWS)
    )
    if moment is None:
        query = query.where(columns.done_at.is_(None))
    else:
        query = query.where(
            or_(columns.window_start.is_(None), columns.window_start <= moment),
            columns.window_end >= moment,
        )
    return [_facts(row) for row in connection.execute(query)]


def _next(connection: Connection, stream: StoredStream | None) -> _Facts | None:
    if stream is None:
        return None
    shop = connection.execute(
        select(shops.c.paused, authorizations.c.state)
        .join(authorizations, shops.c.authorization_id == authorizations.c.id)
        .where(shops.c.shop_key == stream.shop_key)
    ).one()
    progress = stream.progress
    return {
        "attempt_at": _attempt_at(stream),
        "watermark": progress.watermark,
        "window_start": progress.window_start,
        "window_end": progress.window_end,
        "rows_seen": progress.rows_seen,
        "last_success_at": stream.last_success_at,
        "failures": stream.failures,
        "last_error": stream.last_error,
        "disabled": stream.disabled,
        "paused": shop.paused,
        "authorization_state": shop.state,
    }


def _attempt_at(stream: StoredStream) -> datetime | None:
    """Return when it is due; while it is being pulled, when the lease ends at the latest."""
    return stream.lease_until or stream.next_run_at


def _facts(row: Any) -> _Facts:
    # str(): SQLAlchemy's names are of a subclass, which orjson refuses as a key.
    return {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001 -- SQLAlchemy's public name
