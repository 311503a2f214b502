"""One database of this process: engine, transactions, its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from worker.domain.errors import OperatorError

# An unreachable server must be reported within 20 s, and a name can have two addresses
# (IPv4 and IPv6), each of which is tried this long.
_CONNECT_TIMEOUT = 8  # seconds
# A connection that went silent is given up, instead of holding a worker slot for hours.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES
_KEEPALIVE = {
    "keepalives_idle": 30,  # seconds
    "keepalives_interval": 10,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
# A worker that was frozen in the middle of a transaction must not hold its locks, for which
# all others wait; and nobody waits for a lock for as long as a lease.
_WRITERS = text(
    "SELECT set_config('idle_in_transaction_session_timeout', '15s', true), "
    "set_config('lock_timeout', '60s', true)"
)
# Writers on SQLite queue; the longest transaction is one page.
_BUSY_TIMEOUT = 30_000  # milliseconds


class Database:
    """Transactions on one database, SQLite or PostgreSQL.

    `connect_timeout` seconds are waited for each address of a server.
    """

    def __init__(self, url: str, *, connect_timeout: int = _CONNECT_TIMEOUT) -> None:
        self.engine = _engine(url, connect_timeout)
        self._turn = Lock()
        if self.is_sqlite:
            self._writer = self.engine.execution_options(writes=True)
            # A transaction is a snapshot anyway.
            self._reader = self.engine
        else:
            # What was waited for must be seen, whatever the server's default is.
            self._writer = self.engine.execution_options(
                isolation_level="READ COMMITTED"
            )
            self._reader = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded kind."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on an error."""
        with self._in_turn(), self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(_WRITERS)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads, on one snapshot."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the writers of this process wait for each other here, if it is SQLite.

        Its own queue looks again only now and then, up to 100 ms later.
        """
        mine = self.is_sqlite and self._turn.acquire(timeout=_BUSY_TIMEOUT / 1000)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def check(self) -> None:
        """Prove that the database answers.

        Raises:
            OperatorError: it does not; the text names the server without its password.
        """
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise unreachable(self.engine, error) from None

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def database_now(connection: Connection) -> datetime:
    """Return the time by which rows are due: PostgreSQL's own, else this host's.

    Workers on several machines then agree on it whatever their clocks say.
    """
    if connection.dialect.name == "postgresql":
        found = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert isinstance(found, datetime)  # noqa: S101 -- narrows the driver's Any
        return found.astimezone(UTC)
    return datetime.now(UTC)


def unreachable(engine: Engine, error: Exception) -> OperatorError:
    """Return the one clear line for a database that does not answer."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    reason = str(cause).strip().splitlines()[0] if str(cause).strip() else "no reason"
    # libpq takes a password among the options, too.
    shown = engine.url.difference_update_query(["password", "sslpassword"])
    where = shown.render_as_string(hide_password=True)
    for secret in (engine.url.password, engine.url.query.get("password")):
        if secret:
            reason = reason.replace(str(secret), "***")
    remedy = "start it"
    if engine.dialect.name == "sqlite":
        remedy = "see that its folder is there and can be written to"
    return OperatorError(
        f"the database {where} does not answer ({reason}); "
        f"{remedy}, or correct SELLERSYNC_DATABASE_URL"
    )


def _engine(url: str, connect_timeout: int) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(
                parsed,
                connect_args={"timeout": _BUSY_TIMEOUT / 1000},
                hide_parameters=True,
            )
            _prepare_sqlite(engine)
            return engine
        if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                connect_args={"connect_timeout": connect_timeout, **_KEEPALIVE},
                pool_pre_ping=True,
                # The parameters of a failed statement are buyers' data.
                hide_parameters=True,
                json_serializer=orjson.dumps,
                json_deserializer=orjson.loads,
                pool_size=10,
                max_overflow=40,
            )
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The text of the original error can hold the password.
        parsed = None
    raise OperatorError(
        "SELLERSYNC_DATABASE_URL is not usable: write it like "
        "postgresql+psycopg://user:password@host:5432/name or sqlite:////path/file.db"
    )


def _prepare_sqlite(engine: Engine) -> None:
    """Make SQLite safe for several processes: WAL, durable commits, writers that queue."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        # SQLAlchemy's own BEGIN below, not the driver's implicit one:
        # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT}")
        # Only of a new file: an order of 7 KB then is one write to the WAL, not three.
        cursor.execute("PRAGMA page_size = 16384")
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: a token that was committed survives a power cut too.
        cursor.execute("PRAGMA synchronous = FULL")
        # Some 16 MB of WAL: a page of orders writes over a megabyte, and copying it to its
        # place less often copies what several pages touched only once.
        cursor.execute("PRAGMA wal_autocheckpoint = 1000")
        # A page of orders changes some 2 MB of pages. With less room than that (the default)
        # they are written out before the commit, and those that change again once more.
        cursor.execute("PRAGMA cache_size = -4000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A reader that becomes a writer midway fails at once instead of waiting its turn.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
