"""A worker that was asked to end does so in time, whatever a marketplace makes it wait for.

Pulls end at their next page and give their leases back. A page that takes longer than the
grace is given up: its lease is given back here, so that others go on at once, and what it
would still write is refused, as the lease is not its own any more.
"""

import os
from collections.abc import Callable
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from worker.store.database import Database
from worker.store.leases import give_back_leases

log = structlog.get_logger(__name__)

# Supervisors, Docker too, are less patient than half a minute.
GRACE = 18.0  # seconds
# Of what is left until then, for a database that may not answer.
_DATABASE_PATIENCE = 1.5  # seconds


def end_in_time(
    database: Callable[[], Database],
    *,
    grace: float = GRACE,
    end: Callable[[int], object] = os._exit,
) -> Thread:
    """Begin to count: what still runs after the grace is given up."""
    thread = Thread(
        target=_give_up_after, args=(database, grace, end), name="ending", daemon=True
    )
    thread.start()
    return thread


def _give_up_after(
    database: Callable[[], Database], grace: float, end: Callable[[int], object]
) -> None:
    Event().wait(grace)
    giving_back = Thread(target=_give_back, args=(database,), daemon=True)
    giving_back.start()
    giving_back.join(_DATABASE_PATIENCE)
    if giving_back.is_alive():
        _tell_not_given_back("no answer in time")
    end(0)


def _give_back(database: Callable[[], Database]) -> None:
    try:
        with database().write() as connection:
            given_back = give_back_leases(connection)
    except SQLAlchemyError as error:
        _tell_not_given_back(type(error).__name__)
    else:
        log.warning("pages_given_up", leases=given_back)


def _tell_not_given_back(reason: str) -> None:
    # They are free when they are over.
    log.warning("leases_not_given_back", reason=reason)
