"""What is stored already of the records of a page."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
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
    func,
    literal_column,
    select,
    true,
)

from worker.domain.records import Stream
from worker.store.forms import form
from worker.store.membership import one_of_given
from worker.store.schema.records import raw_payloads, unreadable_rows
from worker.store.shapes import Shape

Stored = Row[*tuple[Any, ...]]


def unreadable_digests(
    connection: Connection, stream: Stream, shop_key: str, ids: Iterable[str]
) -> dict[str, bytes | None]:
    """Return the digests of those of these records that are kept as unreadable, by id."""
    columns = unreadable_rows.c
    rows = connection.execute(
        select(columns.record_id, columns.content_hash).where(
            columns.stream == stream.value,
            among(unreadable_rows, "record_id"),
        ),
        {"shop_key": shop_key, "ids": list(ids)},
    )
    return {row[0]: row[1] for row in rows}


def overtaken(
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
                among(raw_payloads, "record_id"),
            ),
            {"shop_key": shop_key, "ids": ids},
        ).scalars()
    )


def stored_rows(
    connection: Connection, shape: Shape, shop_key: str, ids: Iterable[str]
) -> dict[str, Stored]:
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


def old_forms(
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
        query = select(*(found.c[name] for name in names)).where(among(table, id_name))
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


def among(table: Table, id_name: str) -> ColumnElement[bool]:
    """Return the condition that a row is a shop's and one of these; both come with it."""
    return and_(
        table.c.shop_key == bindparam("shop_key"),
        one_of_given(table.c[id_name], "ids"),
    )
