"""How the parts are made, when first asked for, after a fork."""

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import redis

from config.embedded import database_url, key_file, redis_url, uses_embedded_database
from config.queues import KEY_PREFIX
from config.settings import Settings, settings
from worker.domain.errors import OperatorError
from worker.gateway.budget import Budget
from worker.gateway.call_counts import CallCounts
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.ledger import open_ledger_redis
from worker.gateway.records import CallRecord
from worker.gateway.tally import note_call
from worker.gateway.transport import HttpTransport
from worker.marketplaces.configured import ConfiguredApps
from worker.runtime.process import Runtime
from worker.store.database import Database
from worker.store.keyring import open_sealer
from worker.store.resealing import prove_keys
from worker.store.upgrade import require_newest, upgrade
from worker.tokens.desk import TokenDesk

# As many as there are pulls at once; each has one page under way.
_READERS = 16


def runtime() -> Runtime:
    """Return this process's runtime; a forked child makes its own.

    Raises:
        OperatorError: the settings, the database or a key are not usable.
    """
    return _runtime_of(os.getpid())


def open_database(configured: Settings) -> Database:
    """Open the database; the embedded one is made and migrated on the way.

    Raises:
        OperatorError: it does not answer, or its schema is not this program's.
    """
    if uses_embedded_database(configured):
        make_home(configured)
    database = Database(database_url(configured))
    with _closed_unless_usable(database):
        if uses_embedded_database(configured):
            upgrade(database)
        else:
            require_newest(database)
    return database


def make_home(configured: Settings) -> None:
    """Make the home folder, if it is not there.

    Raises:
        OperatorError: it cannot be made.
    """
    home = configured.home_folder
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(
            f"the home folder {home} cannot be made ({error.strerror}); "
            "correct SELLERSYNC_HOME"
        ) from None


def build_runtime(configured: Settings) -> Runtime:
    """Make the parts anew; whoever asks closes them.

    Raises:
        OperatorError: the settings, the database or a key are not usable.
    """
    apps = ConfiguredApps.from_settings()
    database = open_database(configured)
    keys = configured.encryption_keys
    with _closed_unless_usable(database):
        sealer = open_sealer(
            keys.get_secret_value() if keys else None, key_file(configured)
        )
        prove_keys(database, sealer)
        client = _open_redis(redis_url(configured).client)
    budget = Budget(
        client,
        prefix=KEY_PREFIX,
        pad=configured.budget.pad,
        max_wait=configured.budget.max_wait,
    )
    counts = CallCounts(client, prefix=KEY_PREFIX)

    def tell(record: CallRecord) -> None:
        note_call(record)
        counts.note(record)

    gateway = Gateway(
        transport=HttpTransport(
            connect_timeout=configured.http.connect_timeout,
            read_timeout=configured.http.read_timeout,
        ),
        budget=budget,
        clocks=ServerClocks(),
        deadline=configured.http.deadline,
        on_call=tell,
    )
    desk = TokenDesk(
        database=database,
        sealer=sealer,
        gateway=gateway,
        apps=apps,
        check_every=configured.tokens.check_every,
        lease=configured.tokens.lease,
    )
    spare_the_collector()
    return Runtime(
        settings=configured,
        database=database,
        redis=client,
        budget=budget,
        counts=counts,
        gateway=gateway,
        apps=apps,
        desk=desk,
        # Threads are only made for pages that are read ahead.
        readers=ThreadPoolExecutor(_READERS, thread_name_prefix="reader"),
    )


@cache
def spare_the_collector() -> None:
    """Let Python's garbage collector leave alone what this process keeps anyway.

    A page of orders makes thousands of objects, and their number makes the collector go
    through all that was ever imported, again and again: a third of a pull's CPU time.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def _closed_unless_usable(database: Database) -> Iterator[None]:
    """Give the connections back when nobody else will."""
    try:
        yield
    except BaseException:
        database.close()
        raise


def _open_redis(url: str) -> redis.Redis:
    try:
        return open_ledger_redis(url)
    except ValueError:
        # The text of the original error can hold the password.
        raise OperatorError(
            "SELLERSYNC_REDIS_URL is not usable: write it like redis://host:6379/0"
        ) from None


@cache
def _runtime_of(_pid: int) -> Runtime:
    return build_runtime(settings())
