"""Streams: how far they are, and when they are due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, literal, select, true, update

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.progress import Progress
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStream:
    """One stream's row."""

    id: int
    shop_key: str
    stream: Stream
    progress: Progress
    # Somebody asked to read again from here.
    since: datetime | None
    next_run_at: datetime | None
    lease_token: str | None
    lease_until: datetime | None
    last_success_at: datetime | None
    failures: int
    last_error: str | None
    disabled: str | None
    # Where live windows began; the slices of history are before it.
    live_from: datetime | None = None
    # How late rows became visible, in counts per step of `worker.sync.lateness`.
    lateness: tuple[int, ...] = ()
    advanced_at: datetime | None = None
    stalled_at: datetime | None = None
    # Calls that one turn takes, as learned; None: none was made yet.
    calls: float | None = None


def find_stream(
    connection: Connection, shop_key: str, stream: Stream
) -> StoredStream | None:
    """Return one stream of one shop."""
    row = connection.execute(
        select(streams).where(
            streams.c.shop_key == shop_key, streams.c.stream == stream.value
        )
    ).one_or_none()
    return None if row is None else _read(row)


def all_streams(
    connection: Connection, *, keys: Collection[str] | None = None
) -> list[StoredStream]:
    """Return all streams by shop; on wish only those of these shops."""
    rows = connection.execute(
        select(streams)
        .where(true() if keys is None else one_of(streams.c.shop_key, keys))
        .order_by(streams.c.shop_key, streams.c.stream)
    )
    return [_read(row) for row in rows]


def request_again(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    now: datetime,
    since: datetime | None,
) -> None:
    """Make a stream due now, before all that is merely due; with `since`, also read again.

    A stream that is paused, dead or disabled stays so; it remembers `since`.
    """
    values: dict[str, Any] = {
        "next_run_at": unless_stopped(literal(now, UtcTime())),
        "requested": True,
        "urgent_at": now,
    }
    if since is not None:
        values["since"] = earlier_since(since)
    connection.execute(
        update(streams)
        .where(streams.c.shop_key == shop_key, streams.c.stream == stream.value)
        .values(**values)
    )


def unless_stopped(moment: Any) -> Any:
    """Return the moment; nothing for a stream that is paused, dead or disabled."""
    return case((streams.c.next_run_at.is_not(None), moment), else_=None)


def earlier_since(since: datetime) -> Any:
    """Return what was asked for before, or this, whichever is earlier."""
    return case(
        (streams.c.since < since, streams.c.since), else_=literal(since, UtcTime())
    )


def _read(row: Row[Any]) -> StoredStream:
    return StoredStream(
        id=row.id,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        progress=Progress(
            watermark=row.watermark,
            window_start=row.window_start,
            window_end=row.window_end,
            section=row.section,
            cursor=row.cursor,
            rows_seen=row.rows_seen,
            rows_total=row.rows_total,
            shown=row.shown,
            restarts=row.restarts,
            aside=row.aside,
            rest_from=row.rest_from,
        ),
        since=row.since,
        next_run_at=row.next_run_at,
        lease_token=row.lease_token,
        lease_until=row.lease_until,
        last_success_at=row.last_success_at,
        failures=row.failures,
        last_error=row.last_error,
        disabled=row.disabled,
        live_from=row.live_from,
        lateness=tuple(row.lateness or ()),
        advanced_at=row.advanced_at,
        stalled_at=row.stalled_at,
        calls=row.calls,
    )
