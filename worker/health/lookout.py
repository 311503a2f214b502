"""Looks at the canaries from every worker, whether or not this one is sent anything.

A thread of its own: a database that does not answer must not stop the watchdog.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from worker.domain.errors import OperatorError
from worker.schedule.canaries import patience, tell_silent_canaries
from worker.store.database import Database

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 15.0  # seconds


class Lookout:
    """Tells silent queues, from `start` to the end of the process."""

    def __init__(self, database: Callable[[], Database], *, every: timedelta) -> None:
        self._database = database
        self._every = every
        self._over = Event()
        self._thread = Thread(target=self._watch, name="lookout", daemon=True)

    def start(self) -> None:
        """Begin to look; again does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        # After a night without any worker the canaries are old, and the first ones on
        # their way.
        silence = patience(self._every).total_seconds()
        pause = min(self._every.total_seconds(), _LONGEST_PAUSE)
        begins = time.monotonic() + silence
        while not self._over.wait(max(begins - time.monotonic(), pause)):
            try:
                silent, back = tell_silent_canaries(self._database(), every=self._every)
            except (SQLAlchemyError, OperatorError) as error:
                log.warning("queues_unseen", reason=type(error).__name__)
                continue
            if silent or back:
                log.warning("queues_told", silent=silent, served_again=back)
