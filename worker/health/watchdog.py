"""Ends a process that has gone deaf; whoever started it starts another one.

A thread of its own, as the one that went deaf cannot say so. `os._exit`, as a hung consumer
ignores SIGTERM. What was being worked on is free again when its lease is over.
"""

import os
import time
from collections.abc import Callable
from threading import Event, Thread

import redis
import structlog

from worker.health.deafness import Deafness
from worker.health.presence import be_absent, be_present

log = structlog.get_logger(__name__)

# "An internal software error": every supervisor starts again what ends with it.
DEAF = 70
_LOOK_EVERY = 1.0  # seconds
_TELL_EVERY = 5  # looks


class Watchdog:
    """Looks after one process, from `start` to its end."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        patience: float,
        hears: Callable[[redis.Redis], bool],
        silent_for: Callable[[], float],
        idle_for: Callable[[], float],
        queues: Callable[[], list[str]] = list,
    ) -> None:
        self._name = name
        self._hears = hears
        self._silent_for = silent_for
        self._idle_for = idle_for
        self._queues = queues
        self._deafness = Deafness(patience=patience)
        # A client of its own, impatient, and without second tries.
        self._client = redis.Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=2
        )
        self._over = Event()
        self._thread = Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch; again does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Watch no more: the process is ending as it should."""
        self._over.set()
        try:
            be_absent(self._client, self._name)
        except redis.RedisError:
            # The key ends by itself.
            return

    def _watch(self) -> None:
        looks = 0
        while not self._over.wait(_LOOK_EVERY):
            hears, redis_answers = self._look(tell=looks % _TELL_EVERY == 0)
            looks += 1
            if self._deafness.look(
                time.monotonic(), hears=hears, redis_answers=redis_answers
            ):
                log.critical(
                    "process_is_deaf",
                    name=self._name,
                    silent_for=round(self._silent_for(), 1),
                    advice="It ends, so that it is started again.",
                )
                os._exit(DEAF)

    def _look(self, *, tell: bool) -> tuple[bool, bool]:
        """Return whether the process hears, and whether Redis answers."""
        try:
            if tell:
                be_present(
                    self._client,
                    self._name,
                    pid=os.getpid(),
                    queues=self._queues(),
                    silent_for=self._silent_for(),
                    idle_for=self._idle_for(),
                )
            else:
                self._client.ping()
            return self._hears(self._client), True
        except redis.RedisError:
            return False, False
