"""Slices of history: made, and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    insert,
    or_,
    select,
)

from worker.domain.pages import Window
from worker.domain.records import Stream
from worker.store.progress import Progress, walk_of
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSlice:
    """One slice's row."""

    id: int
    shop_key: str
    stream: Stream
    progress: Progress
    next_run_at: datetime | None
    lease_token: str | None
    lease_until: datetime | None
    failures: int
    last_error: str | None
    done_at: datetime | None


def add_slices(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    windows: Sequence[Window],
    *,
    now: datetime,
) -> None:
    """Make slices that are due at once."""
    if windows:
        connection.execute(
            insert(slices),
            [
                {
                    "shop_key": shop_key,
                    "stream": stream.value,
                    "window_start": window.start,
                    "window_end": window.end,
                    "next_run_at": now,
                }
                for window in windows
            ],
        )


def slices_of(
    connection: Connection, shop_key: str, stream: Stream
) -> list[StoredSlice]:
    """Return all slices of a stream, the most recent first."""
    rows = connection.execute(
        select(slices)
        .where(slices.c.shop_key == shop_key, slices.c.stream == stream.value)
        .order_by(slices.c.window_end.desc(), slices.c.id)
    )
    return [_read(row) for row in rows]


def find_slice(connection: Connection, slice_id: int) -> StoredSlice | None:
    """Return one slice."""
    row = connection.execute(
        select(slices).where(slices.c.id == slice_id)
    ).one_or_none()
    return None if row is None else _read(row)


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a slice waits for somebody; its stream must run, too."""
    return and_(slices.c.next_run_at <= now, is_free(now))


def its_stream() -> ColumnElement[bool]:
    """Whether a row of `streams` is that of a slice."""
    return and_(
        streams.c.shop_key == slices.c.shop_key, streams.c.stream == slices.c.stream
    )


def is_free(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether nobody reads a slice."""
    return or_(slices.c.lease_until.is_(None), slices.c.lease_until < now)


def _read(row: Row[Any]) -> StoredSlice:
    return StoredSlice(
        id=row.id,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        progress=Progress(**walk_of(row)),
        next_run_at=row.next_run_at,
        lease_token=row.lease_token,
        lease_until=row.lease_until,
        failures=row.failures,
        last_error=row.last_error,
        done_at=row.done_at,
    )
