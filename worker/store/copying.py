"""PostgreSQL's COPY: the quickest way in for rows that are new.

The driver is only used here, never imported: it takes memory that SQLite need not spend.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect
from sqlalchemy.exc import DBAPIError


class Copying:
    """Copies rows into some columns of a table, within the running transaction."""

    def __init__(
        self, table: str, columns: Sequence[Column[Any]], dialect: Dialect
    ) -> None:
        quote = dialect.identifier_preparer.quote
        names = ", ".join(quote(column.name) for column in columns)
        self._statement = f"COPY {quote(table)} ({names}) FROM STDIN (FORMAT BINARY)"
        # The binary form leaves nothing to the server to guess.
        self._types = [
            column.type.dialect_impl(dialect).compile(dialect).lower()
            for column in columns
        ]

    def copy(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Copy these rows.

        Raises:
            DBAPIError: the database refused them or is gone, as after any statement.
        """
        driver: Any = connection.connection.driver_connection
        failure = connection.dialect.loaded_dbapi.Error
        try:
            with driver.cursor() as cursor, cursor.copy(self._statement) as copy:
                copy.set_types(self._types)
                for row in rows:
                    copy.write_row(row)
        except failure as error:
            raise DBAPIError.instance(
                self._statement,
                None,
                error,
                failure,
                hide_parameters=True,
                connection_invalidated=driver.broken,
                dialect=connection.dialect,
            ) from error
