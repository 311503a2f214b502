"""What a command works with: the database alone, or everything, tuned for a waiting person."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from config.logging import configure_logging
from config.settings import Settings, settings
from worker.cli.broker import available_broker
from worker.cli.printing import note
from worker.marketplaces.configured import unknown_settings
from worker.runtime import Runtime, build_runtime, open_database
from worker.store.database import Database

# Together they bound one call: whoever waits at a terminal hears of a marketplace that
# does not answer within 20 s. A worker is more patient.
_CONNECT = timedelta(seconds=3)
_READ = timedelta(seconds=12)
_DEADLINE = timedelta(seconds=5)


def prepare() -> None:
    """Set up the log, and tell which variables have no effect."""
    configure_logging(settings().log)
    for unknown in unknown_settings():
        note(str(unknown))


@contextmanager
def opened_database() -> Iterator[Database]:
    """Give the database, for commands that call no marketplace."""
    prepare()
    database = open_database(settings())
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened_runtime() -> Iterator[Runtime]:
    """Give what is configured, whether Redis answers or not."""
    prepare()
    here = build_runtime(_impatient(settings()))
    try:
        yield here
    finally:
        here.close()


@contextmanager
def calling_runtime() -> Iterator[Runtime]:
    """Give a runtime that can call marketplaces: the budget's Redis is there."""
    with available_broker(settings()), opened_runtime() as here:
        yield here


def _impatient(configured: Settings) -> Settings:
    http = configured.http
    return configured.model_copy(
        update={
            "http": http.model_copy(
                update={
                    "connect_timeout": min(http.connect_timeout, _CONNECT),
                    "read_timeout": min(http.read_timeout, _READ),
                    "deadline": min(http.deadline, _DEADLINE),
                }
            )
        }
    )
