"""Bring a database to the newest schema, and refuse to work on an older one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from worker.domain.errors import OperatorError
from worker.store.database import Database, unreachable

# Containers start together; on SQLite a transaction that may write is alone anyway.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('sellersync.upgrade'))")


def upgrade(database: Database) -> str:
    """Run the missing migrations and return the revision reached; re-runnable.

    Raises:
        OperatorError: the database does not answer, or is newer than this program.
    """
    try:
        with database.write() as connection:
            if not database.is_sqlite:
                connection.execute(_ONE_AT_A_TIME)
            config = _config(connection)
            newest = _newest(config)
            if _current(connection) != newest:
                _refuse_unknown(config, connection)
                command.upgrade(config, "head")
            return newest
    except SQLAlchemyError as error:
        raise unreachable(database.engine, error) from None


def require_newest(database: Database) -> None:
    """Prove that the schema is the one this program was written for.

    Raises:
        OperatorError: it is not; the text names the command that helps.
    """
    try:
        with database.read() as connection:
            config = _config(connection)
            current = _current(connection)
            if current == _newest(config):
                return
            _refuse_unknown(config, connection)
    except SQLAlchemyError as error:
        raise unreachable(database.engine, error) from None
    raise OperatorError(
        "the database has an older schema, or none; run `sellersync db upgrade`"
    )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _newest(config: Config) -> str:
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise OperatorError("this installation has no migrations; install it again")
    return head


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(config: Config, connection: Connection) -> None:
    current = _current(connection)
    known = {
        script.revision
        for script in ScriptDirectory.from_config(config).walk_revisions()
    }
    if current is not None and current not in known:
        raise OperatorError(
            f"the database was upgraded by a newer sellersync (revision {current}); "
            "upgrade this installation too"
        )
