"""Write one page of records: new and changed ones into all their tables, nothing else.

Older data never overwrites newer. On equal update times the later fetch wins, if the
content differs. A row whose payload is the stored one is not written at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    true,
)

from worker.domain.pages import Unreadable
from worker.domain.records import Record, Stream
from worker.store.forms import form
from worker.store.holding import hold_stream
from worker.store.many_rows import ManyRows
from worker.store.membership import one_of_given
from worker.store.personal_data import restore_blanked
from worker.store.record_rows import RecordRows, storable, storable_text
from worker.store.schema.records import raw_payloads, unreadable_rows
from worker.store.shapes import SHAPES, Shape

_UNREADABLE = ManyRows(unreadable_rows)
_DIGEST = 16  # bytes

_Stored = Row[*tuple[Any, ...]]


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


def write_page(
    connection: Connection,
    stream: Stream,
    records: Sequence[Record],
    *,
    marketplace: str,
    shop_key: str,
    now: datetime,
    read_id: int | None = None,
    fetched_at: datetime | None = None,
) -> Written:
    """Bring these records into the database; twice is the same as once.

    `read_id` is the page read that brought them, `fetched_at` the database's time before
    they were asked for.

    Raises:
        LeaseLost: the shop was removed meanwhile.
    """
    newest = _newest(records)
    if not newest:
        return Written()
    hold_stream(connection, shop_key, stream)
    shape = SHAPES[stream]
    stored = _stored(connection, shape, shop_key, newest)
    added: dict[str, bytes] = {}
    updated: dict[str, bytes] = {}
    ties: list[str] = []
    unchanged = outdated = 0
    for record_id, record in newest.items():
        digest = _digest(record.raw)
        if record_id not in stored:
            added[record_id] = digest
        elif stored[record_id].content_hash == digest:
            unchanged += 1
        elif _is_older(record, stored[record_id]):
            outdated += 1
        else:
            updated[record_id] = digest
            if not _is_newer(record, stored[record_id]):
                ties.append(record_id)
    fetched_at = fetched_at or now
    for record_id in _overtaken(
        connection, stream, shop_key, ties, fetched_at=fetched_at, now=now
    ):
        del updated[record_id]
        outdated += 1
    olds = _old_forms(connection, shape, shop_key, updated)
    restore_blanked(connection, stream, shop_key, newest, olds)
    rows = RecordRows(
        stream,
        marketplace=marketplace,
        shop_key=shop_key,
        now=now,
        read_id=read_id,
        fetched_at=fetched_at,
    )
    for record_id, digest in (added | updated).items():
        rows.add(record_id, newest[record_id], digest, olds.get(record_id))
    _forget_children(connection, shape, shop_key, olds)
    rows.write(connection)
    return Written(
        added=len(added), updated=len(updated), unchanged=unchanged, outdated=outdated
    )


def write_unreadable(
    connection: Connection,
    stream: Stream,
    rows: Sequence[Unreadable],
    *,
    shop_key: str,
    now: datetime,
    read_id: int | None = None,
) -> Written:
    """Keep the rows that could not be understood, with the reason.

    What is kept already is not written again: it may have been blanked meanwhile.
    """
    kept = {}
    for row in rows:
        digest = _digest(row.raw)
        (record_id,) = storable([row.record_id or digest.hex()])
        kept[record_id] = digest, row
    known = _unreadable_digests(connection, stream, shop_key, kept) if kept else {}
    _UNREADABLE.put(
        connection,
        [
            storable(
                (
                    *(shop_key, stream.value, record_id, row.reason),
                    *(storable_text(row.raw), now, digest, read_id, None),
                )
            )
            for record_id, (digest, row) in kept.items()
            if known.get(record_id) != digest
        ],
    )
    return Written(unreadable=len(rows))


def _unreadable_digests(
    connection: Connection, stream: Stream, shop_key: str, ids: Iterable[str]
) -> dict[str, bytes | None]:
    columns = unreadable_rows.c
    rows = connection.execute(
        select(columns.record_id, columns.content_hash).where(
            columns.stream == stream.value,
            _among(unreadable_rows, "record_id"),
        ),
        {"shop_key": shop_key, "ids": list(ids)},
    )
    return {row[0]: row[1] for row in rows}


def _newest(records: Iterable[Record]) -> dict[str, Record]:
    """Return the records by id; of two versions the newer one, on a tie the later one."""
    newest: dict[str, Record] = {}
    for record in records:
        (record_id,) = storable([record.record_id])
        known = newest.get(record_id)
        if known is None or not _is_older(record, known):
            newest[record_id] = record
    return newest


def _is_older(record: Record, known: Record | _Stored) -> bool:
    return (
        record.updated_at is not None
        and known.updated_at is not None
        and record.updated_at < known.updated_at
    )


def _is_newer(record: Record, known: _Stored) -> bool:
    return (
        record.updated_at is not None
        and known.updated_at is not None
        and record.updated_at > known.updated_at
    )


def _overtaken(
    connection: Connection,
    stream: Stream,
    shop_key: str,
    ids: list[str],
    *,
    fetched_at: datetime,
    now: datetime,
) -> list[str]:
    """Return which of these are stored as they were fetched later, by another reader.

    What was fetched in the future was fetched before the clock was set back.
    """
    if not ids:
        return []
    columns = raw_payloads.c
    return list(
        connection.execute(
            select(columns.record_id).where(
                columns.stream == stream.value,
                columns.fetched_at > fetched_at,
                columns.fetched_at <= now,
                _among(raw_payloads, "record_id"),
            ),
            {"shop_key": shop_key, "ids": ids},
        ).scalars()
    )


def _stored(
    connection: Connection, shape: Shape, shop_key: str, ids: Iterable[str]
) -> dict[str, _Stored]:
    """Return what decides whether a stored record is replaced, by its id."""
    rows = connection.execute(
        _columns(
            connection.dialect.name,
            shape.table,
            shape.id_name,
            ("content_hash", "updated_at"),
        ),
        {"shop_key": shop_key, "ids": list(ids)},
    )
    return {row[0]: row for row in rows}


def _old_forms(
    connection: Connection, shape: Shape, shop_key: str, ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the normalised form of the rows that are about to be overwritten."""
    which = {"shop_key": shop_key, "ids": list(ids)}
    if not which["ids"]:
        return {}
    database = connection.dialect.name
    heads = _columns(database, shape.table, shape.id_name, shape.fields)
    children = _columns(
        database, shape.child_table, shape.id_name, shape.child_fields, "position"
    )
    found: dict[str, list[Any]] = {}
    for record_id, *values in connection.execute(children, which):
        found.setdefault(record_id, []).append(values)
    return {
        record_id: form(shape, values, found.get(record_id, ()))
        for record_id, *values in connection.execute(heads, which)
    }


def _forget_children(
    connection: Connection, shape: Shape, shop_key: str, ids: Iterable[str]
) -> None:
    which = {"shop_key": shop_key, "ids": list(ids)}
    if which["ids"]:
        table = shape.child_table
        connection.execute(
            delete(table).where(_among(table, shape.id_name)),
            which,
        )


@cache
def _columns(
    database: str,
    table: Table,
    id_name: str,
    fields: tuple[str, ...],
    order: str | None = None,
) -> Select[Any]:
    names = (id_name, *fields)
    if database == "postgresql":
        read = names if order is None else (*names, order)
        found: FromClause = _looked_up(table, id_name, read)
        query = select(*(found.c[name] for name in names))
    else:
        found = table
        query = select(*(found.c[name] for name in names)).where(_among(table, id_name))
    return query if order is None else query.order_by(found.c[order])


def _looked_up(table: Table, id_name: str, names: Iterable[str]) -> Subquery:
    """Return the rows of these ids, each looked up by itself.

    Until PostgreSQL has looked at a new table, up to a minute after its first rows, it takes
    all rows of a shop for a few, and would read them all for each page again. OFFSET keeps
    it from joining the ids to the table in a way of its own.
    """
    ids = func.unnest(bindparam("ids", type_=ARRAY(Text)))
    wanted = ids.table_valued("id").render_derived(name="wanted")
    row = (
        select(*(table.c[name] for name in names))
        .where(
            table.c.shop_key == bindparam("shop_key"), table.c[id_name] == wanted.c.id
        )
        .offset(literal_column("0"))
        .lateral("row")
    )
    return select(*row.c).select_from(wanted.join(row, true())).subquery("found")


def _among(table: Table, id_name: str) -> ColumnElement[bool]:
    return and_(
        table.c.shop_key == bindparam("shop_key"),
        one_of_given(table.c[id_name], "ids"),
    )


def _digest(raw: bytes) -> bytes:
    # Many processors have instructions for this one, and for no other.
    return sha256(raw).digest()[:_DIGEST]
