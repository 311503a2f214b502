"""The beat's scheduler: Celery's own, which also says that it still ticks."""

import os
import socket
import time
from typing import Any

from celery.beat import Scheduler
from typing_extensions import override

from config.embedded import redis_url
from config.settings import settings
from worker.health.stop_signals import StopSignals
from worker.health.watchdog import Watchdog

# It sleeps up to `beat_max_loop_interval`, and a try to send may take its socket's timeout.
_QUIET = 10.0  # seconds


class WatchedScheduler(Scheduler):
    """A beat that hangs in a dead connection ends, and is started again; asked to end, it does."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._ticked_at = time.monotonic()
        self._stop_signals = StopSignals()
        super().__init__(*arguments, **options)
        configured = settings()
        self._watchdog = Watchdog(
            name=f"beat@{socket.gethostname()}/{os.getpid()}",
            url=redis_url(configured).client,
            patience=configured.schedule.deaf_after.total_seconds(),
            hears=lambda _client: self._silent_for() <= _QUIET,
            silent_for=self._silent_for,
            idle_for=self._silent_for,
        )

    @override
    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send what is due, one message at most."""
        # With the first tick both begin: before it Celery installs handlers of its own.
        self._watchdog.start()
        self._stop_signals.listen()
        with self._stop_signals.put_off():
            wait = super().tick(*arguments, **options)
        self._ticked_at = time.monotonic()
        return float(wait)

    @override
    def close(self) -> None:
        """End as it should."""
        self._watchdog.stop()
        super().close()

    def _silent_for(self) -> float:
        return time.monotonic() - self._ticked_at
