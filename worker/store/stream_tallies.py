"""How the streams of each kind stand, counted: all of them, or of each app."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, literal, select

from worker.domain.records import Stream
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.shop_list import failing, late

# How fresh streams are is told by how many are fresher than this.
FRESHNESS = tuple(timedelta(minutes=each) for each in (1, 5, 10, 30, 120, 720, 2880))


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
    # Of those that run, how many are fresher than each time of `FRESHNESS`; () if not asked.
    fresh: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHistory:
    """What is still to be read of the history of an app's streams of one kind."""

    slices: int
    streams: int


def count_streams(
    connection: Connection, *, now: datetime, targets: Mapping[Stream, timedelta]
) -> dict[Stream, StreamTally]:
    """Return how the streams of each kind stand."""
    rows = connection.execute(
        select(streams.c.stream, *_stream_counts(now, targets)).group_by(
            streams.c.stream
        )
    )
    return {Stream(row.stream): _stream_tally(row) for row in rows}


def count_streams_by_app(
    connection: Connection, *, now: datetime, targets: Mapping[Stream, timedelta]
) -> dict[tuple[str, Stream], StreamTally]:
    """Return how the streams of each app and kind stand, and how fresh they are."""
    running = streams.c.next_run_at.is_not(None)
    fresh = (
        func.sum(
            case(
                (running & (streams.c.watermark >= literal(now - each, UtcTime())), 1),
                else_=0,
            )
        ).label(f"within_{number}")
        for number, each in enumerate(FRESHNESS)
    )
    rows = connection.execute(
        select(
            authorizations.c.app_id,
            streams.c.stream,
            *_stream_counts(now, targets),
            *fresh,
        )
        .select_from(streams.join(shops).join(authorizations))
        .group_by(authorizations.c.app_id, streams.c.stream)
    )
    return {
        (row.app_id, Stream(row.stream)): replace(
            _stream_tally(row),
            fresh=tuple(
                getattr(row, f"within_{number}") for number in range(len(FRESHNESS))
            ),
        )
        for row in rows
    }


def _stream_counts(now: datetime, targets: Mapping[Stream, timedelta]) -> list[Any]:
    """Return the columns of a tally."""
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
    return [
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
    ]


def _stream_tally(row: Row[Any]) -> StreamTally:
    return StreamTally(
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


def count_open_history(
    connection: Connection,
) -> dict[tuple[str, Stream], OpenHistory]:
    """Return what is open of each app and kind of stream; without those that are done."""
    # Counted before it is joined: of millions of slices few are open.
    opened = (
        select(slices.c.shop_key, slices.c.stream, func.count().label("slices"))
        .where(slices.c.done_at.is_(None))
        .group_by(slices.c.shop_key, slices.c.stream)
        .subquery()
    )
    rows = connection.execute(
        select(
            authorizations.c.app_id,
            opened.c.stream,
            func.sum(opened.c.slices).label("slices"),
            func.count().label("streams"),
        )
        .select_from(
            opened.join(shops, shops.c.shop_key == opened.c.shop_key).join(
                authorizations
            )
        )
        .group_by(authorizations.c.app_id, opened.c.stream)
    )
    return {
        (row.app_id, Stream(row.stream)): OpenHistory(
            slices=int(row.slices), streams=row.streams
        )
        for row in rows
    }
