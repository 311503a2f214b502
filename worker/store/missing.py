"""What a complete walk did not show although we hold it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from worker.domain.pages import Window
from worker.domain.records import ProductStatus, Stream
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.record_rows import storable
from worker.store.schema.metadata import UtcTime
from worker.store.schema.reconciles import missing_records, sightings
from worker.store.shapes import SHAPES


def note_sightings(
    connection: Connection, shop_key: str, stream: Stream, ids: Iterable[str]
) -> None:
    """Remember that the walk has shown these records."""
    shown = [
        {"shop_key": shop_key, "stream": stream.value, "record_id": record_id}
        for record_id in storable(dict.fromkeys(ids))
    ]
    if shown:
        connection.execute(
            insert_into(sightings, connection.dialect).on_conflict_do_nothing(), shown
        )


def compare_sightings(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    window: Window,
    *,
    by_time: bool,
    provable: bool,
    now: datetime,
) -> None:
    """Note which of the records we hold a complete walk did not show, then forget the walk.

    `by_time`: only records whose update time lies in the window can be missing from it.
    """
    table, key = SHAPES[stream].table, _key(stream)
    seen = exists().where(
        sightings.c.shop_key == shop_key,
        sightings.c.stream == stream.value,
        sightings.c.record_id == key,
    )
    if provable:
        held = and_(table.c.shop_key == shop_key, _not_deleted(stream), ~seen)
        if by_time:
            held = and_(held, table.c.updated_at <= window.end)
            if window.start is not None:
                held = and_(held, table.c.updated_at >= window.start)
        connection.execute(
            insert_into(missing_records, connection.dialect)
            .from_select(
                ["shop_key", "stream", "record_id", "missing_since"],
                select(
                    literal(shop_key),
                    literal(stream.value),
                    key,
                    literal(now, UtcTime()),
                ).where(held),
            )
            .on_conflict_do_nothing()
        )
    again = exists().where(
        sightings.c.shop_key == missing_records.c.shop_key,
        sightings.c.stream == missing_records.c.stream,
        sightings.c.record_id == missing_records.c.record_id,
    )
    connection.execute(delete(missing_records).where(_of(shop_key, stream), again))
    connection.execute(
        delete(sightings).where(
            sightings.c.shop_key == shop_key, sightings.c.stream == stream.value
        )
    )


def forget_moved(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    start: datetime | None,
    end: datetime | None,
) -> None:
    """Take from the missing what is not: it changed after the range that was walked.

    Nor is what is older than the range, or what its marketplace calls deleted itself. A
    side that is None is open.
    """
    updated_at = SHAPES[stream].table.c.updated_at
    within = and_(
        true() if start is None else updated_at >= start,
        true() if end is None else updated_at <= end,
    )
    still_missing = exists().where(
        SHAPES[stream].table.c.shop_key == missing_records.c.shop_key,
        _key(stream) == missing_records.c.record_id,
        _not_deleted(stream),
        or_(updated_at.is_(None), within),
    )
    connection.execute(
        delete(missing_records).where(_of(shop_key, stream), ~still_missing)
    )


def count_missing(connection: Connection, shop_key: str, stream: Stream) -> int:
    """Return how many records are missing."""
    return connection.execute(
        select(func.count()).select_from(missing_records).where(_of(shop_key, stream))
    ).scalar_one()


def count_held(connection: Connection, shop_key: str, stream: Stream) -> int:
    """Return how many records we hold that are not deleted."""
    table = SHAPES[stream].table
    return connection.execute(
        select(func.count())
        .select_from(table)
        .where(table.c.shop_key == shop_key, _not_deleted(stream))
    ).scalar_one()


def missing_to_ask(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    since: datetime,
    limit: int,
) -> list[str]:
    """Return missing records that the marketplace was not asked for by id since then."""
    columns = missing_records.c
    return list(
        connection.execute(
            select(columns.record_id)
            .where(
                _of(shop_key, stream),
                or_(columns.asked_at.is_(None), columns.asked_at < since),
            )
            .order_by(columns.record_id)
            .limit(limit)
        ).scalars()
    )


def gone_records(
    connection: Connection, shop_key: str, stream: Stream, *, since: datetime
) -> list[str]:
    """Return the records that the marketplace was found not to know since then."""
    columns = missing_records.c
    return list(
        connection.execute(
            select(columns.record_id)
            .where(_of(shop_key, stream), columns.gone_since > since)
            .order_by(columns.record_id)
        ).scalars()
    )


def forget_missing(
    connection: Connection, shop_key: str, stream: Stream, ids: Iterable[str]
) -> None:
    """Take these from the missing: they are there, or settled."""
    connection.execute(
        delete(missing_records).where(
            _of(shop_key, stream), one_of(missing_records.c.record_id, ids)
        )
    )


def mark_gone(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    ids: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Note that the marketplace does not know these by id either."""
    columns = missing_records.c
    connection.execute(
        update(missing_records)
        .where(_of(shop_key, stream), one_of(columns.record_id, ids))
        .values(
            asked_at=now,
            gone_since=func.coalesce(columns.gone_since, literal(now, UtcTime())),
        )
    )


def _of(shop_key: str, stream: Stream) -> ColumnElement[bool]:
    return and_(
        missing_records.c.shop_key == shop_key,
        missing_records.c.stream == stream.value,
    )


def _key(stream: Stream) -> ColumnElement[str]:
    shape = SHAPES[stream]
    found: ColumnElement[str] = shape.table.c[shape.id_name]
    return found


def _not_deleted(stream: Stream) -> ColumnElement[bool]:
    if stream is Stream.ORDERS:
        return true()
    return SHAPES[stream].table.c.status != ProductStatus.DELETED.value
