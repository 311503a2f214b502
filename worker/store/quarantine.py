"""Rows that could not be understood, and those that can be now."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.record_rows import storable
from worker.store.schema.records import unreadable_rows


def release(
    connection: Connection, shop_key: str, stream: Stream, ids: Iterable[str]
) -> None:
    """Forget that these records could not be understood: they were stored meanwhile."""
    columns = unreadable_rows.c
    connection.execute(
        delete(unreadable_rows).where(
            columns.shop_key == shop_key,
            columns.stream == stream.value,
            one_of(columns.record_id, storable(ids)),
        )
    )


def count_unreadable(connection: Connection) -> dict[Stream, int]:
    """Return how many records of each stream could not be understood."""
    rows = connection.execute(
        select(unreadable_rows.c.stream, func.count()).group_by(
            unreadable_rows.c.stream
        )
    )
    return {Stream(stream): count for stream, count in rows}
