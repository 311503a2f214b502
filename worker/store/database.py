"""One database of this process: engine, transactions, its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from worker.domain.errors import OperatorError

# An unreachable server must answer within 20 s (docs/design: outside contract).
_CONNECT_TIMEOUT = 10  # seconds
# Writers on SQLite queue; the longest transaction is one page.
_BUSY_TIMEOUT = 30_000  # milliseconds


class Database:
    """Transactions on one database, SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded kind."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on an error."""
        writer = self.engine.execution_options(writes=True)
        with writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads, on one snapshot where the database gives one."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

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
    where = engine.url.render_as_string(hide_password=True)
    password = engine.url.password
    if password:
        reason = reason.replace(str(password), "***")
    return OperatorError(
        f"the database {where} does not answer ({reason}); "
        "start it, or correct SELLERSYNC_DATABASE_URL"
    )


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(
                parsed, connect_args={"timeout": _BUSY_TIMEOUT / 1000}
            )
            _prepare_sqlite(engine)
            return engine
        if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                connect_args={"connect_timeout": _CONNECT_TIMEOUT},
                pool_pre_ping=True,
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
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: a token that was committed survives a power cut too.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A reader that becomes a writer midway fails at once instead of waiting its turn.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
