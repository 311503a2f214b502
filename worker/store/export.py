"""Read the data back in the normalised form, in batches of bounded size."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, and_, select, tuple_

from worker.domain.records import Stream
from worker.store.forms import (
    LINE_FIELDS,
    ORDER_FIELDS,
    PRODUCT_FIELDS,
    VARIANT_FIELDS,
    child_forms,
    plain,
)
from worker.store.schema.feed import changes
from worker.store.schema.records import (
    order_lines,
    orders,
    products,
    raw_payloads,
    variants,
)

_BATCH = 500  # records held in memory at once

_TABLES = {
    Stream.ORDERS: (orders, "order_id", ORDER_FIELDS),
    Stream.PRODUCTS: (products, "product_id", PRODUCT_FIELDS),
}
_CHILDREN = {
    Stream.ORDERS: (order_lines, "lines", LINE_FIELDS),
    Stream.PRODUCTS: (variants, "variants", VARIANT_FIELDS),
}


def export(
    connection: Connection,
    stream: Stream,
    *,
    shop_key: str | None = None,
    since: datetime | None = None,
    raw: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield records by shop and id; `since` keeps those updated at or after it."""
    table, id_name, _fields = _TABLES[stream]
    last: tuple[str, str] | None = None
    while True:
        query = select(table).order_by(table.c.shop_key, table.c[id_name]).limit(_BATCH)
        if shop_key is not None:
            query = query.where(table.c.shop_key == shop_key)
        if since is not None:
            query = query.where(table.c.updated_at >= since)
        if last is not None:
            query = query.where(tuple_(table.c.shop_key, table.c[id_name]) > last)
        rows = connection.execute(query).all()
        if not rows:
            return
        yield from _batch(connection, stream, rows, raw=raw)
        last = (rows[-1].shop_key, getattr(rows[-1], id_name))


def _batch(
    connection: Connection, stream: Stream, rows: Any, *, raw: bool
) -> Iterator[dict[str, Any]]:
    _table, id_name, fields = _TABLES[stream]
    child_table, children_name, child_fields = _CHILDREN[stream]
    keys = [(row.shop_key, getattr(row, id_name)) for row in rows]
    children: dict[tuple[str, str], list[Any]] = {key: [] for key in keys}
    for child in connection.execute(
        select(child_table)
        .where(_among(child_table, id_name, keys))
        .order_by(child_table.c.position)
    ):
        children[child.shop_key, getattr(child, id_name)].append(child)
    payloads = _payloads(connection, stream, keys) if raw else {}
    for row, key in zip(rows, keys, strict=True):
        form: dict[str, Any] = {
            "marketplace": row.marketplace,
            "shop_key": row.shop_key,
            id_name: key[1],
        }
        form |= {name: plain(getattr(row, name)) for name in fields}
        form[children_name] = child_forms(children[key], child_fields)
        if raw:
            form["raw"] = payloads.get(key)
        yield form


def _among(table: Table, id_name: str, keys: list[tuple[str, str]]) -> Any:
    """Match the keys of one batch; it is sorted, so it spans few shops."""
    return and_(
        table.c.shop_key.in_({shop_key for shop_key, _ in keys}),
        tuple_(table.c.shop_key, table.c[id_name]).in_(keys),
    )


def _payloads(
    connection: Connection, stream: Stream, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], Any]:
    rows = connection.execute(
        select(raw_payloads).where(
            raw_payloads.c.stream == stream.value,
            _among(raw_payloads, "record_id", keys),
        )
    )
    return {(row.shop_key, row.record_id): orjson.loads(row.payload) for row in rows}


def changes_after(
    connection: Connection, seq: int, *, limit: int
) -> list[dict[str, Any]]:
    """Return the next changes after `seq`, in order."""
    rows = connection.execute(
        select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
    )
    return [
        {name: plain(value) for name, value in row._mapping.items()}  # noqa: SLF001 -- SQLAlchemy's public name
        for row in rows
    ]
