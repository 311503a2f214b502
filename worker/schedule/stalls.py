"""Streams that stand still: told once, from the data, however green their tasks are."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from worker.domain.records import Stream
from worker.store.certificates import mark_stalled
from worker.store.database import Database, database_now
from worker.store.events import record_event
from worker.store.streams import StoredStream, all_streams

# Intervals without a step: two pulls that failed may be a bad quarter of an hour.
_PATIENCE = 3
# Streams that are pulled every few seconds may wait behind others for longer.
_LEAST = timedelta(minutes=5)
_ADVICE = (
    "See `sellersync status`: its last error, whether a worker runs, and whether its "
    "tasks end."
)


def tell_stalls(
    database: Database, every: Mapping[Stream, timedelta]
) -> tuple[int, int]:
    """Record an event per stream that has stopped moving, or moves again; count both."""
    stalled = recovered = 0
    with database.read() as connection:
        now = database_now(connection)
        changed = [
            stored
            for stored in all_streams(connection)
            if (stored.stalled_at is not None)
            != is_stalled(stored, every=every[stored.stream], now=now)
        ]
    for stored in changed:
        with database.write() as connection:
            stalls = stored.stalled_at is None
            if not mark_stalled(
                connection, stored.id, stalled_at=now if stalls else None
            ):
                continue
            # One that was paused meanwhile has not recovered; it just need not move.
            if not stalls and stored.next_run_at is None:
                continue
            stalled, recovered = stalled + stalls, recovered + (not stalls)
            record_event(
                connection,
                "stream_stalled" if stalls else "stream_recovered",
                now=now,
                shop_key=stored.shop_key,
                detail=_detail(stored) | ({"advice": _ADVICE} if stalls else {}),
            )
    return stalled, recovered


def is_stalled(stored: StoredStream, *, every: timedelta, now: datetime) -> bool:
    """Whether the watermark of a stream that should run has not moved for too long."""
    if stored.next_run_at is None or stored.advanced_at is None:
        return False
    return now - stored.advanced_at > max(every * _PATIENCE, _LEAST)


def _detail(stored: StoredStream) -> dict[str, object]:
    watermark, moved = stored.progress.watermark, stored.advanced_at
    return {
        "stream": stored.stream.value,
        "watermark": watermark.isoformat() if watermark else None,
        "moved_at": moved.isoformat() if moved else None,
        "last_error": stored.last_error,
    }
