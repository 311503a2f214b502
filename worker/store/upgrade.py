"""Bring a database to the newest schema, and refuse to work on an older one."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from worker.domain.errors import OperatorError
from worker.store.database import Database, unreachable

_MIGRATIONS = Path(__file__).parent / "migrations"
_ALEMBICS_OWN = table("alembic_version", column("version_num"))

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
            newest = revisions()[-1]
            current = _current(connection)
            if current != newest:
                _refuse_unknown(current)
                _migrate(connection)
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
            current = _current(connection)
            if current == revisions()[-1]:
                return
            _refuse_unknown(current)
    except SQLAlchemyError as error:
        raise unreachable(database.engine, error) from None
    raise OperatorError(
        "the database has an older schema, or none; run `sellersync db upgrade`"
    )


def revisions() -> list[str]:
    """Return all revisions, oldest first: a migration's file begins with its own."""
    found = [path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    if not found:
        raise OperatorError("this installation has no migrations; install it again")
    return [name.partition("_")[0] for name in sorted(found)]


def _migrate(connection: Connection) -> None:
    # Imported here: alembic takes some 10 MB of memory and a quarter of a second, which a
    # process whose database is up to date need not spend.
    from alembic import command  # noqa: PLC0415 -- see above
    from alembic.config import Config  # noqa: PLC0415 -- see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_ALEMBICS_OWN.name):
        return None
    found = connection.execute(select(_ALEMBICS_OWN.c.version_num))
    return found.scalar_one_or_none()


def _refuse_unknown(current: str | None) -> None:
    if current is not None and current not in revisions():
        raise OperatorError(
            f"the database was upgraded by a newer sellersync (revision {current}); "
            "upgrade this installation too"
        )
