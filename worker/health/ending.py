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
    try:
        with database().write() as connection:
            given_back = give_back_leases(connection)
        log.warning("pages_given_up", leases=given_back)
    except SQLAlchemyError as error:
        # Then they are free when they are over.
        log.warning("leases_not_given_back", reason=type(error).__name__)
    end(0)
