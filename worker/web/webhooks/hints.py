"""A message to the workers that something new is in the database.

It may get lost: the tick looks there, too. So it is sent without patience, from a thread
of its own, and one is enough for all that came within a fifth of a second.
"""

import threading
from collections.abc import Callable

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

_APART = 0.2  # seconds
# After a failure; the tick does it meanwhile.
_PAUSE = 5.0  # seconds


class Hints:
    """Sends a message soon after it was asked for, at most so many a second."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None

    def want(self) -> None:
        """Ask for a message; returns at once."""
        self._wanted.set()
        if self._sender is None:
            with self._lock:
                if self._sender is None:
                    self._sender = threading.Thread(
                        target=self._run, name="hints", daemon=True
                    )
                    self._sender.start()

    def close(self) -> None:
        """End; what was asked for and not sent the tick finds."""
        self._stopped.set()
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped.is_set():
                return
            try:
                self._send()
            except (OperationalError, OSError) as error:
                log.warning("hint_not_sent", reason=type(error).__name__)
                self._stopped.wait(_PAUSE)
            self._stopped.wait(_APART)


def send_hint() -> None:
    """Ask the workers to look; without patience, as the tick will."""
    # Celery takes longer to import than all else here.
    from worker.app import app  # noqa: PLC0415 -- see above

    app.send_task("tasks.webhooks.hand_out", expires=60, retry=False)
