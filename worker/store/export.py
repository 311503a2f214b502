"""Read the data back in the normalised form, in batches of bounded size."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, Table, Tuple, select, tuple_

from worker.domain.records import Stream
from worker.store.feed import require_kept
from worker.store.forms import form, plain
from worker.store.schema.feed import changes
from worker.store.schema.records import raw_payloads
from worker.store.shapes import SHAPES, Shape

_BATCH = 500  # records held in memory at once

# What readers get; which page read wrote a change is ours.
_FEED = [column for column in changes.c if column.name != "read_id"]

# The shop and the record's id.
_Key = tuple[str, str]


def export(
    connection: Connection,
    stream: Stream,
    *,
    shop_key: str | None = None,
    since: datetime | None = None,
    raw: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield records by shop and id; `since` keeps those updated at or after it."""
    shape = SHAPES[stream]
    key = _key(shape.table, shape.id_name)
    query = select(shape.table).order_by(*key).limit(_BATCH)
    if shop_key is not None:
        query = query.where(shape.table.c.shop_key == shop_key)
    if since is not None:
        query = query.where(shape.table.c.updated_at >= since)
    rows = connection.execute(query).all()
    while rows:
        yield from _batch(connection, stream, rows, raw=raw)
        last = (rows[-1].shop_key, getattr(rows[-1], shape.id_name))
        rows = connection.execute(query.where(key > last)).all()


def _batch(
    connection: Connection, stream: Stream, rows: Sequence[Row[Any]], *, raw: bool
) -> Iterator[dict[str, Any]]:
    shape = SHAPES[stream]
    keys = [(row.shop_key, getattr(row, shape.id_name)) for row in rows]
    children = _children(connection, shape, keys)
    payloads = _payloads(connection, stream, keys) if raw else {}
    for row, key in zip(rows, keys, strict=True):
        values = [getattr(row, name) for name in shape.fields]
        record = {
            "marketplace": row.marketplace,
            "shop_key": row.shop_key,
            shape.id_name: key[1],
            **form(shape, values, children.get(key, ())),
        }
        if raw:
            record["raw"] = payloads.get(key)
        yield record


def _children(
    connection: Connection, shape: Shape, keys: list[_Key]
) -> dict[_Key, list[list[Any]]]:
    table = shape.child_table
    query = select(
        table.c.shop_key,
        table.c[shape.id_name],
        *(table.c[name] for name in shape.child_fields),
    ).order_by(table.c.position)
    found: dict[_Key, list[list[Any]]] = {}
    rows = connection.execute(_between(query, table, shape.id_name, keys))
    for shop_key, record_id, *values in rows:
        found.setdefault((shop_key, record_id), []).append(values)
    return found


def _payloads(
    connection: Connection, stream: Stream, keys: list[_Key]
) -> dict[_Key, Any]:
    query = select(raw_payloads).where(raw_payloads.c.stream == stream.value)
    rows = connection.execute(_between(query, raw_payloads, "record_id", keys))
    return {(row.shop_key, row.record_id): orjson.loads(row.payload) for row in rows}


def _between(
    query: Select[Any], table: Table, id_name: str, keys: list[_Key]
) -> Select[Any]:
    """Keep one batch: it is a range of the key, which an index finds without a scan."""
    key = _key(table, id_name)
    return query.where(key >= keys[0], key <= keys[-1])


def _key(table: Table, id_name: str) -> Tuple:
    return tuple_(table.c.shop_key, table.c[id_name])


def changes_after(
    connection: Connection, seq: int, *, limit: int
) -> list[dict[str, Any]]:
    """Return the next changes after `seq`, in order.

    Raises:
        OperatorError: some of them are no longer kept.
    """
    require_kept(connection, seq)
    rows = connection.execute(
        select(*_FEED).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
    )
    # str(): SQLAlchemy's names are of a subclass, which orjson refuses as a key.
    return [
        {str(name): plain(value) for name, value in row._mapping.items()}  # noqa: SLF001 -- SQLAlchemy's public name
        for row in rows
    ]
