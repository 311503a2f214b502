"""Write many rows with one statement that is compiled once.

SQLAlchemy prepares every row of every call anew; for a page of orders that costs more
than the database itself. Here a row is a tuple in the order of the table's columns, and
only the columns whose type asks for it are converted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from worker.store.copying import Copying

# Parameters without names, whatever the driver prefers: the rows are tuples.
_POSITIONAL: dict[str, Dialect] = {
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy's
    "sqlite": SQLiteDialect_pysqlite(paramstyle="qmark"),
}

_Rows = Sequence[tuple[Any, ...]]


def insert_into(table: Table, dialect: Dialect) -> Any:
    """Return an INSERT with ON CONFLICT; both dialects have it, without a common type."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    return insert(table)


class ManyRows:
    """Writes rows into one table; one that numbers its rows itself is given no number."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._prepared: dict[str, _Prepared] = {}

    def add(self, connection: Connection, rows: _Rows) -> None:
        """Insert rows whose keys are not there yet."""
        if rows:
            prepared = self._prepare(connection.dialect)
            if prepared.copying:
                prepared.copying.copy(connection, prepared.converted(rows))
            else:
                connection.exec_driver_sql(prepared.insert, prepared.converted(rows))

    def put(self, connection: Connection, rows: _Rows) -> None:
        """Insert rows, or replace those whose keys are there; of two rows the later stays."""
        if rows:
            prepared = self._prepare(connection.dialect)
            connection.exec_driver_sql(prepared.upsert, prepared.converted(rows))

    def _prepare(self, dialect: Dialect) -> "_Prepared":
        if dialect.name not in self._prepared:
            self._prepared[dialect.name] = _prepared(self._table, dialect)
        return self._prepared[dialect.name]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The SQL for one database, and which columns are converted how."""

    insert: str
    upsert: str
    conversions: Sequence[tuple[int, Callable[[Any], Any]]]
    # Several times as fast as any INSERT, where the database has it.
    copying: Copying | None

    def converted(self, rows: _Rows) -> _Rows:
        columns: list[Any] = list(zip(*rows, strict=True))
        for place, convert in self.conversions:
            columns[place] = [convert(value) for value in columns[place]]
        return list(zip(*columns, strict=True))


def _prepared(table: Table, dialect: Dialect) -> _Prepared:
    columns = [
        column for column in table.columns if column is not table.autoincrement_column
    ]
    names = [column.name for column in columns]
    keys = [column.name for column in table.primary_key]
    insert = insert_into(table, dialect).inline()
    upsert = insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in names if name not in keys},
    )
    positional = _POSITIONAL[dialect.name]
    processors = [
        column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns
    ]
    return _Prepared(
        insert=str(insert.compile(dialect=positional, column_keys=names)),
        upsert=str(upsert.compile(dialect=positional, column_keys=names)),
        conversions=[
            (place, convert) for place, convert in enumerate(processors) if convert
        ],
        copying=(
            Copying(table.name, columns, dialect)
            if dialect.name == "postgresql"
            else None
        ),
    )
