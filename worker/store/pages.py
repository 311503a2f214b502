"""Write one page of records: new and changed ones into all their tables, nothing else.

Older data never overwrites newer. On equal update times the later fetch wins, if the
content differs. A row whose payload is the stored one is not written at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.pages import Unreadable
from worker.domain.records import Record, Stream
from worker.store.forms import (
    LINE_FIELDS,
    ORDER_FIELDS,
    PRODUCT_FIELDS,
    VARIANT_FIELDS,
    child_forms,
    differences,
    plain,
)
from worker.store.schema.feed import changes
from worker.store.schema.records import (
    order_lines,
    orders,
    products,
    raw_payloads,
    unreadable_rows,
    variants,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a page did to the database, in records."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    # Came with an older update time than the stored row.
    outdated: int = 0
    unreadable: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            added=self.added + other.added,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            outdated=self.outdated + other.outdated,
            unreadable=self.unreadable + other.unreadable,
        )

    @property
    def rows(self) -> int:
        """All records seen."""
        return (
            self.added + self.updated + self.unchanged + self.outdated + self.unreadable
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How a stream's records lie in the tables."""

    table: Table
    id_name: str
    fields: tuple[str, ...]
    child_table: Table
    child_id_name: str
    child_fields: tuple[str, ...]
    # What the children are called in the normalised form.
    children: str


_SHAPES = {
    Stream.ORDERS: _Shape(
        table=orders,
        id_name="order_id",
        fields=ORDER_FIELDS,
        child_table=order_lines,
        child_id_name="line_id",
        child_fields=LINE_FIELDS,
        children="lines",
    ),
    Stream.PRODUCTS: _Shape(
        table=products,
        id_name="product_id",
        fields=PRODUCT_FIELDS,
        child_table=variants,
        child_id_name="sku_id",
        child_fields=VARIANT_FIELDS,
        children="variants",
    ),
}

_Rows = list[dict[str, Any]]


def write_page(
    connection: Connection,
    stream: Stream,
    records: Sequence[Record],
    *,
    marketplace: str,
    shop_key: str,
    now: datetime,
) -> Written:
    """Bring these records into the database; twice is the same as once."""
    newest = {record.record_id: record for record in records}
    if not newest:
        return Written()
    shape = _SHAPES[stream]
    stored = _stored(connection, shape, shop_key, list(newest))
    fresh: list[tuple[Record, bytes]] = []
    changed: list[tuple[Record, bytes]] = []
    unchanged = outdated = 0
    for record_id, record in newest.items():
        digest = blake2b(record.raw, digest_size=16).digest()
        row = stored.get(record_id)
        if row is None:
            fresh.append((record, digest))
        elif row.content_hash == digest:
            unchanged += 1
        elif _is_older(record, row):
            outdated += 1
        else:
            changed.append((record, digest))
    if fresh or changed:
        olds = _old_forms(connection, shape, shop_key, stored, changed)
        _upsert(
            connection, stream, shape, fresh + changed, olds, marketplace, shop_key, now
        )
    return Written(
        added=len(fresh), updated=len(changed), unchanged=unchanged, outdated=outdated
    )


def write_unreadable(
    connection: Connection,
    stream: Stream,
    rows: Sequence[Unreadable],
    *,
    shop_key: str,
    now: datetime,
) -> Written:
    """Keep the rows that could not be understood, with the reason."""
    values = [
        {
            "shop_key": shop_key,
            "stream": stream.value,
            "record_id": row.record_id or blake2b(row.raw, digest_size=16).hexdigest(),
            "reason": row.reason,
            "payload": row.raw.decode(errors="replace"),
            "fetched_at": now,
        }
        for row in rows
    ]
    if values:
        connection.execute(_replace(connection, unreadable_rows), values)
    return Written(unreadable=len(values))


def _stored(
    connection: Connection, shape: _Shape, shop_key: str, ids: list[str]
) -> dict[str, Row[Any]]:
    table = shape.table
    found = connection.execute(
        select(table)
        .where(
            table.c.shop_key == bindparam("shop"),
            table.c[shape.id_name].in_(bindparam("ids", expanding=True)),
        )
        # Two readers of one record queue here (PostgreSQL; SQLite has one writer anyway).
        .with_for_update(),
        {"shop": shop_key, "ids": ids},
    )
    return {getattr(row, shape.id_name): row for row in found}


def _is_older(record: Record, row: Row[Any]) -> bool:
    return (
        record.updated_at is not None
        and row.updated_at is not None
        and record.updated_at < row.updated_at
    )


def _old_forms(
    connection: Connection,
    shape: _Shape,
    shop_key: str,
    stored: Mapping[str, Row[Any]],
    changed: Sequence[tuple[Record, bytes]],
) -> dict[str, dict[str, Any]]:
    """Return the normalised form of the rows that are about to be overwritten."""
    ids = [record.record_id for record, _ in changed]
    if not ids:
        return {}
    table = shape.child_table
    children: dict[str, list[Row[Any]]] = {record_id: [] for record_id in ids}
    for row in connection.execute(
        select(table)
        .where(
            table.c.shop_key == bindparam("shop"),
            table.c[shape.id_name].in_(bindparam("ids", expanding=True)),
        )
        .order_by(table.c.position),
        {"shop": shop_key, "ids": ids},
    ):
        children[getattr(row, shape.id_name)].append(row)
    return {
        record_id: _form(shape, stored[record_id], children[record_id])
        for record_id in ids
    }


def _form(shape: _Shape, row: Any, children: Any) -> dict[str, Any]:
    form = {name: plain(getattr(row, name)) for name in shape.fields}
    form[shape.children] = child_forms(children, shape.child_fields)
    return form


def _upsert(
    connection: Connection,
    stream: Stream,
    shape: _Shape,
    records: Sequence[tuple[Record, bytes]],
    olds: Mapping[str, Mapping[str, Any]],
    marketplace: str,
    shop_key: str,
    now: datetime,
) -> None:
    heads: _Rows = []
    children: _Rows = []
    payloads: _Rows = []
    feed: _Rows = []
    for record, digest in records:
        record_id = record.record_id
        head: dict[str, Any] = {name: getattr(record, name) for name in shape.fields}
        new_children = getattr(record, shape.children)
        for position, child in enumerate(new_children):
            row = {name: getattr(child, name) for name in shape.child_fields}
            row["shop_key"] = shop_key
            row[shape.id_name] = record_id
            row["position"] = position
            children.append(row)
        payloads.append(
            {
                "shop_key": shop_key,
                "stream": stream.value,
                "record_id": record_id,
                "payload": record.raw.decode(),
                "fetched_at": now,
            }
        )
        old = olds.get(record_id)
        fields = differences(old, _form(shape, record, new_children))
        if fields:
            feed.append(
                {
                    "at": now,
                    "shop_key": shop_key,
                    "stream": stream.value,
                    "id": record_id,
                    "kind": _kind(old, fields),
                    "fields": fields,
                    "updated_at": record.updated_at,
                }
            )
        head["marketplace"] = marketplace
        head["shop_key"] = shop_key
        head[shape.id_name] = record_id
        head["content_hash"] = digest
        heads.append(head)
    connection.execute(_guarded(connection, shape.table), heads)
    if olds:
        connection.execute(
            delete(shape.child_table).where(
                shape.child_table.c.shop_key == bindparam("shop"),
                shape.child_table.c[shape.id_name].in_(
                    bindparam("ids", expanding=True)
                ),
            ),
            {"shop": shop_key, "ids": list(olds)},
        )
    if children:
        connection.execute(_replace(connection, shape.child_table), children)
    connection.execute(_replace(connection, raw_payloads), payloads)
    if feed:
        connection.execute(insert(changes), feed)


def _kind(old: Mapping[str, Any] | None, fields: Mapping[str, list[Any]]) -> str:
    if old is None:
        return "added"
    if "status" in fields and fields["status"][1] == "deleted":
        return "deleted"
    return "updated"


def _insert(connection: Connection, table: Table) -> Any:
    # The two dialects offer the same ON CONFLICT, without a common type.
    dialect: Callable[[Table], Any] = (
        postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    )
    return dialect(table)


def _replace(connection: Connection, table: Table) -> Any:
    """Insert; where the key exists, take the new values."""
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={c.name: c for c in statement.excluded if c.name not in keys},
    )


def _guarded(connection: Connection, table: Table) -> Any:
    """As `_replace`, unless the stored row is newer: also between two writers."""
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={c.name: c for c in statement.excluded if c.name not in keys},
        where=or_(
            table.c.updated_at.is_(None),
            statement.excluded.updated_at.is_(None),
            statement.excluded.updated_at >= table.c.updated_at,
        ),
    )
