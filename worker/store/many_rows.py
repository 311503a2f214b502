"""Write many rows with one statement that is compiled once.

SQLAlchemy prepares every row of every call anew; for a page of orders that costs more
than the database itself. Here a row is a tuple in the order of the table's columns, and
only the columns whose type asks for it are converted.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

# Parameters without names, whatever the driver prefers: the rows are tuples.
_POSITIONAL: dict[str, Dialect] = {
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy's
    "sqlite": SQLiteDialect_pysqlite(paramstyle="qmark"),
}

# The SQL, and which columns are converted how.
_Compiled = tuple[str, list[tuple[int, Callable[[Any], Any]]]]


def insert_into(table: Table, dialect: Dialect) -> Any:
    """Return an INSERT with ON CONFLICT; both dialects have it, without a common type."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    return insert(table)


class ManyRows:
    """Inserts rows into one table; where the key exists already, they replace that row.

    A table that numbers its rows itself is given none and replaces nothing.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = [
            column
            for column in table.columns
            if column is not table.autoincrement_column
        ]
        self._compiled: dict[str, _Compiled] = {}

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write these rows, the later one of two with the same key last."""
        if not rows:
            return
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        sql, conversions = self._compiled[dialect.name]
        columns: list[Any] = list(zip(*rows, strict=True))
        for place, convert in conversions:
            columns[place] = [convert(value) for value in columns[place]]
        connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))

    def _compile(self, dialect: Dialect) -> _Compiled:
        keys = [column.name for column in self._table.primary_key]
        names = [column.name for column in self._columns]
        statement = insert_into(self._table, dialect).inline()
        if self._table.autoincrement_column is None:
            statement = statement.on_conflict_do_update(
                index_elements=keys,
                set_={
                    name: statement.excluded[name] for name in names if name not in keys
                },
            )
        compiled = statement.compile(
            dialect=_POSITIONAL[dialect.name], column_keys=names
        )
        types = [column.type.dialect_impl(dialect) for column in self._columns]
        processors = [found.bind_processor(dialect) for found in types]
        return str(compiled), [
            (place, convert) for place, convert in enumerate(processors) if convert
        ]
