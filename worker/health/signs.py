"""What a worker watches itself with, from its first connect to its end."""

from typing import Any

from celery import Celery, signals

from config.embedded import redis_url
from config.settings import settings
from worker.health.ending import end_in_time
from worker.health.hearing import HEARING, Pulse
from worker.health.lookout import Lookout
from worker.health.watchdog import Watchdog
from worker.runtime import runtime
from worker.store.database import Database


class Watchers:
    """The watchers of one worker."""

    def __init__(self) -> None:
        self._watchdog: Watchdog | None = None
        self._lookout: Lookout | None = None

    def begin(self, sender: Any, **_: object) -> None:
        """Begin once the worker has connected; before that it is not deaf but starting."""
        configured = settings()
        self._watchdog = Watchdog(
            name=sender.hostname,
            url=redis_url(configured).client,
            patience=configured.schedule.deaf_after.total_seconds(),
            hears=HEARING.hears,
            silent_for=HEARING.silent_for,
            idle_for=HEARING.idle_for,
            queues=HEARING.queues,
        )
        self._lookout = Lookout(_database, every=configured.schedule.canary_every)
        self._watchdog.start()
        self._lookout.start()

    def end(self, **_: object) -> None:
        """Let the worker end: it takes no messages any more, and finishes its pages."""
        # First: a Redis that does not answer would hold it up.
        end_in_time(_database)
        if self._watchdog is not None and self._lookout is not None:
            self._watchdog.stop()
            self._lookout.stop()


_WATCHERS = Watchers()


def watch(app: Celery) -> None:
    """Let the workers of an app watch themselves."""
    app.steps["consumer"].add(Pulse)
    signals.worker_ready.connect(_WATCHERS.begin)
    signals.worker_shutting_down.connect(_WATCHERS.end)


def _database() -> Database:
    return runtime().database
