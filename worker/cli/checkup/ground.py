"""What the other checks stand on: database, Redis, and the keys of what is stored."""

from collections.abc import Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from config.embedded import (
    database_url,
    redis_url,
    uses_embedded_broker,
    uses_embedded_database,
)
from config.settings import Settings
from worker.cli.checkup import database as databases
from worker.cli.checkup import redis as servers
from worker.cli.checkup.finding import Finding, Verdict, failed_by, ok
from worker.cli.checkup.rounds import Check, all_at_once
from worker.cli.embedded_broker import embedded_broker
from worker.domain.errors import OperatorError
from worker.runtime import make_home
from worker.store.database import Database

_WITHIN = 5.0  # seconds
# libpq waits no shorter.
_CONNECTS_WITHIN = 2  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What can be stood on."""

    # None: there is none that can be used.
    database: Database | None
    redis_answers: bool
    # Something ran before we came: an embedded broker is started by whoever needs it.
    anything_runs: bool


def examine_ground(
    configured: Settings, rest: ExitStack
) -> Generator[Finding, None, Ground]:
    """Look at database and Redis, both at once; return what can be used of them."""
    try:
        database = _opened(configured, rest)
    except OperatorError as error:
        yield failed_by(databases.NAME, error)
        database = None
    embedded = uses_embedded_broker(configured)
    runs = not embedded or servers.answers(redis_url(configured).client)
    checks = []
    if database is not None:
        look = partial(
            databases.check_database,
            database,
            embedded=uses_embedded_database(configured),
        )
        checks.append(Check(databases.NAME, look))
    if runs:
        checks.append(Check(servers.NAME, partial(servers.check_redis, configured)))
    found = all_at_once(checks, seconds=_WITHIN)
    yield from found
    redis_answers = holds(found, servers.NAME)
    if not runs:
        started = _start_broker(configured, rest)
        yield started
        redis_answers = started.verdict is Verdict.OK
    if not (holds(found, databases.NAME) and holds(found, databases.SCHEMA)):
        database = None
    return Ground(database=database, redis_answers=redis_answers, anything_runs=runs)


def holds(found: Iterable[Finding], name: str) -> bool:
    """Whether something was looked at and can be used."""
    usable = {Verdict.OK, Verdict.WARN}
    return any(each.name == name and each.verdict in usable for each in found)


def _opened(configured: Settings, rest: ExitStack) -> Database:
    if uses_embedded_database(configured):
        make_home(configured)
    database = Database(database_url(configured), connect_timeout=_CONNECTS_WITHIN)
    rest.callback(database.close)
    return database


def _start_broker(configured: Settings, rest: ExitStack) -> Finding:
    """Start the embedded broker for as long as we need it: calls need a budget."""
    try:
        rest.enter_context(embedded_broker(configured))
    except OperatorError as error:
        return failed_by(servers.NAME, error)
    return ok(servers.NAME, "the embedded broker is not running, and can be started")
