"""One database: what can go wrong with it, and what its transactions promise."""

import socket
import sqlite3
from contextlib import closing
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.integration.store.made_up import NOW
from worker.domain.errors import OperatorError
from worker.store.database import Database, database_now, unreachable
from worker.store.events import record_event
from worker.store.schema.accounts import apps
from worker.store.schema.feed import events

pytestmark = pytest.mark.integration


def reason(url):
    """Return the line that an operator sees for a database that cannot be used."""
    with pytest.raises(OperatorError) as refused:
        Database(url).check()
    return str(refused.value)


def tell(connection, name="n"):
    """Write something."""
    record_event(connection, name, now=NOW, detail={})


def told(connection):
    """Return how often something was written."""
    return connection.execute(select(func.count()).select_from(events)).scalar_one()


@pytest.fixture
def closed_port():
    """Return a port where nobody listens."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:made-up-word@127.0.0.1:{port}/name",
        "postgresql://me:made-up-word@127.0.0.1:{port}/name?password=made-up-word",
        "postgresql://127.0.0.1:{port}/name?user=me&password=made-up-word",
    ],
    ids=["driver", "both", "in the options"],
)
def test_an_unreachable_server_is_one_line_that_says_what_to_do(closed_port, url):
    """It names the server, and never the password."""
    line = reason(url.format(port=closed_port))

    assert f"127.0.0.1:{closed_port}/name" in line
    assert "correct SELLERSYNC_DATABASE_URL" in line
    assert "made-up-word" not in line
    assert "\n" not in line


def test_a_server_that_repeats_the_password_does_not_get_it_shown():
    """Whatever its message holds; only the first line of it is shown."""
    engine = Database("postgresql://me:made-up-word@127.0.0.1/name").engine
    line = str(unreachable(engine, OSError("no entry for made-up-word\nmore")))

    assert "(no entry for ***)" in line
    assert "made-up-word" not in line
    assert "more" not in line


def test_a_missing_folder_is_one_line(tmp_path):
    """It names the file."""
    line = reason(f"sqlite:///{tmp_path}/missing/file.db")

    assert f"{tmp_path}/missing/file.db does not answer (unable to open" in line


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    """It is left as it is."""
    path = tmp_path / "file.db"
    path.write_text("my shopping list\n" * 100)
    line = reason(f"sqlite:///{path}")

    assert "file is not a database" in line
    assert path.read_text().startswith("my shopping list")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "made-up-word",
        "mysql://me:made-up-word@host/name",
        "postgresql+asyncpg://me:made-up-word@host/name",
        "nonsense://me:made-up-word@host/name",
        "postgresql://me:made-up-word@host:port/name",
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_it(url):
    """It may hold a password in any place."""
    line = reason(url)

    assert line.startswith("SELLERSYNC_DATABASE_URL is not usable: write it like ")
    assert "made-up-word" not in line


def test_a_database_that_answers_is_fine(database):
    """Also one that nobody has migrated."""
    database.check()


def test_what_fails_is_rolled_back(database):
    """All of it."""

    def fail():
        with database.write() as connection:
            tell(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert told(connection) == 0


def test_a_reader_sees_one_moment(database):
    """What is committed meanwhile belongs to the next look."""
    with database.read() as reader:
        before = told(reader)
        with database.write() as connection:
            tell(connection)
        meanwhile = told(reader)
    with database.read() as reader:
        after = told(reader)

    assert (before, meanwhile, after) == (0, 0, 1)


def test_writers_wait_for_their_turn(database):
    """Eight that read first and then write: nobody is turned away."""
    barrier = Barrier(8)

    def write():
        barrier.wait()
        for _ in range(5):
            with database.write() as connection:
                told(connection)
                tell(connection)

    threads = [Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        assert told(connection) == 40


def test_an_error_of_the_database_shows_no_data(database):
    """Its text goes to the logs, and buyers' data do not."""
    row = {
        "app_id": "1",
        "marketplace": "made-up-word",
        "zone": "z",
        "app_key": "k",
        "created_at": NOW,
    }

    def write_twice():
        with database.write() as connection:
            connection.execute(apps.insert(), row)
            connection.execute(apps.insert(), row)

    with pytest.raises(IntegrityError) as failed:
        write_twice()

    assert "made-up-word" not in str(failed.value)


def test_the_clock_is_aware(database):
    """Its times can be compared with all others."""
    with database.read() as connection:
        first, second = database_now(connection), database_now(connection)

    assert first.utcoffset() == NOW.utcoffset()
    assert first <= second


def test_a_new_file_has_large_pages_and_an_old_one_keeps_its_own(tmp_path):
    """An order with its payload fits into one; what is there stays readable."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("CREATE TABLE t (x)")

    def page_size(path):
        database = Database(f"sqlite:///{path}")
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE u (x)")
            found = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        database.close()
        return found

    assert [page_size(tmp_path / "new.db"), page_size(old)] == [16384, 4096]


def test_a_writer_that_was_frozen_cannot_hold_its_locks_for_long(database):
    """PostgreSQL ends its transaction; whoever only reads may take all the time it needs."""
    if database.is_sqlite:
        pytest.skip("its locks end with the process, and nobody else's clock ends them")

    def limits(connection):
        return [
            connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("idle_in_transaction_session_timeout", "lock_timeout")
        ]

    with database.write() as connection:
        assert limits(connection) == ["15s", "1min"]
    with database.read() as connection:
        assert limits(connection) == ["0", "0"]
