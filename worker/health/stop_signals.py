"""How a beat ends when SIGTERM or SIGINT asks for it: between two messages.

Celery raises SystemExit wherever such a signal strikes. In the middle of an answer of Redis's
that becomes another error, which it logs as a message that was not sent: the beat then goes on
as if nobody had asked, and is killed in the end.
https://github.com/celery/celery/blob/v5.7.0/celery/apps/beat.py
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# For a message to a dead connection, and for the end itself. Less than any supervisor waits.
_PATIENCE = 10.0  # seconds


class StopSignals:
    """Ask for the end of the process, but not while it is put off; for the main thread."""

    def __init__(self) -> None:
        self._asked_for = False
        self._put_off = False

    def listen(self) -> None:
        """Take them over, unless this is a worker's thread: then the worker listens."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, _end_at_once)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._end)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Let nothing end in here; afterwards SystemExit, if somebody has asked meanwhile."""
        self._put_off = True
        try:
            yield
        finally:
            self._put_off = False
        if self._asked_for:
            raise SystemExit

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked_for:
            return
        self._asked_for = True
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
        if not self._put_off:
            raise SystemExit


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    # What was not sent is still due in the database.
    os._exit(0)
