"""What is needed to say how far a stream is complete, and whether it still moves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Float, and_, case, cast, func, select, true, update

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHistory:
    """The slices of one stream, taken together; they leave no gap between them."""

    slices: int
    open: int
    # The end of the most recent slice that is not done.
    open_until: datetime | None
    # None: the oldest slice reaches back to the marketplace's beginning.
    begins_at: datetime | None
    # Of the open slices.
    failures: int
    last_error: str | None
    # How many of the open slices have been read, in parts of a slice.
    under_way: float = 0.0

    @property
    def share(self) -> float:
        """How much of the history has been read, between 0 and 1."""
        done = self.slices - self.open + self.under_way
        return min(done / self.slices, 1.0) if self.slices else 1.0


def all_histories(
    connection: Connection,
    *,
    shop_key: str | None = None,
    keys: Collection[str] | None = None,
) -> Mapping[tuple[str, Stream], StoredHistory]:
    """Return the history of every stream whose history was cut; on wish of some shops only."""
    if shop_key is not None:
        keys = [shop_key]
    is_open = slices.c.done_at.is_(None)
    is_counted = and_(is_open, slices.c.rows_total > 0)
    seen = cast(slices.c.rows_seen, Float) / func.nullif(slices.c.rows_total, 0)
    rows = connection.execute(
        select(
            slices.c.shop_key,
            slices.c.stream,
            func.count().label("slices"),
            func.sum(case((is_open, 1), else_=0)).label("open"),
            func.max(case((is_open, slices.c.window_end))).label("open_until"),
            func.min(slices.c.window_start).label("begins_at"),
            func.sum(case((slices.c.window_start.is_(None), 1), else_=0)).label(
                "unbounded"
            ),
            func.max(case((is_open, slices.c.failures), else_=0)).label("failures"),
            func.max(case((is_open, slices.c.last_error))).label("last_error"),
            func.sum(case((is_counted, seen), else_=0.0)).label("under_way"),
        )
        .where(true() if keys is None else one_of(slices.c.shop_key, keys))
        .group_by(slices.c.shop_key, slices.c.stream)
    )
    return {
        (row.shop_key, Stream(row.stream)): StoredHistory(
            slices=row.slices,
            open=row.open,
            open_until=row.open_until,
            begins_at=None if row.unbounded else row.begins_at,
            failures=row.failures,
            last_error=row.last_error,
            under_way=float(row.under_way),
        )
        for row in rows
    }


def mark_stalled(
    connection: Connection, stream_id: int, *, stalled_at: datetime | None
) -> bool:
    """Note that a stream stands still, or moves again; False if that was noted already."""
    column = streams.c.stalled_at
    changes = column.is_not(None) if stalled_at is None else column.is_(None)
    marked = connection.execute(
        update(streams)
        .where(streams.c.id == stream_id, changes)
        .values(stalled_at=stalled_at)
    )
    return bool(marked.rowcount)
