"""Whether the database answers, takes writes, has our schema, and agrees about the time."""

import sqlite3
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from worker.cli.checkup.finding import (
    Finding,
    fail,
    failed_by,
    ok,
    skipped,
    warn,
)
from worker.domain.errors import OperatorError
from worker.store.database import Database, database_now, unreachable
from worker.store.upgrade import require_newest, revisions, upgrade

NAME = "database"
SCHEMA = "database schema"
CLOCK = "database clock"
# Of PostgreSQL; older ones get no fixes any more.
_OLDEST = 14
_NUMBERS_PER_VERSION = 10_000
# What is due is due by the database's clock, when tokens end by the marketplaces'.
_APART = timedelta(seconds=5)
_TOO_FAR_APART = timedelta(seconds=60)

_FACTS = text(
    "SELECT current_setting('server_version_num')::int AS number, "
    "split_part(current_setting('server_version'), ' ', 1) AS version, "
    "current_setting('TimeZone') AS zone, pg_is_in_recovery() AS is_standby"
)


def check_database(database: Database, *, embedded: bool) -> list[Finding]:
    """Look at the database; the embedded one is migrated, as by every command."""
    try:
        found = _sqlite(database) if database.is_sqlite else _postgresql(database)
    except SQLAlchemyError as error:
        because = "the database does not answer"
        return [
            failed_by(NAME, unreachable(database.engine, error)),
            skipped(SCHEMA, because),
            skipped(CLOCK, because),
        ]
    server, *rest = found
    return [server, _schema(database, embedded=embedded), *rest]


def _sqlite(database: Database) -> list[Finding]:
    with database.read() as connection:
        connection.execute(text("SELECT count(*) FROM sqlite_master"))
    file = database.engine.url.database
    return [
        ok(NAME, f"SQLite {sqlite3.sqlite_version} in {file}"),
        ok(CLOCK, "it is this machine's"),
    ]


def _postgresql(database: Database) -> list[Finding]:
    with database.read() as connection:
        facts = connection.execute(_FACTS).one()
        before = datetime.now(UTC)
        theirs = database_now(connection)
        after = datetime.now(UTC)
    url = database.engine.url
    where = f"{url.host}:{url.port or 5432}/{url.database}"
    said = f"PostgreSQL {facts.version} at {where}"
    if facts.is_standby:
        server = fail(
            NAME,
            f"{said} is a standby and takes no writes",
            "let SELLERSYNC_DATABASE_URL name the primary",
        )
    elif facts.number < _OLDEST * _NUMBERS_PER_VERSION:
        server = warn(NAME, said, f"upgrade it: {_OLDEST} is the oldest with fixes")
    else:
        server = ok(NAME, said)
    return [server, _clock(theirs - before - (after - before) / 2, str(facts.zone))]


def _schema(database: Database, *, embedded: bool) -> Finding:
    try:
        try:
            require_newest(database)
        except OperatorError:
            if not embedded:
                raise
            upgrade(database)
    except OperatorError as error:
        return failed_by(SCHEMA, error)
    return ok(SCHEMA, f"all migrations are made (revision {revisions()[-1]})")


def _clock(ahead: timedelta, zone: str) -> Finding:
    """Judge the difference; the zone only matters to who reads times without theirs."""
    seconds = ahead.total_seconds()
    shown = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} ours"
    said = f"{shown}; its time zone is {zone}, what we store is UTC"
    remedy = "let both machines follow NTP"
    if abs(ahead) > _TOO_FAR_APART:
        return fail(CLOCK, said, remedy)
    return warn(CLOCK, said, remedy) if abs(ahead) > _APART else ok(CLOCK, said)
