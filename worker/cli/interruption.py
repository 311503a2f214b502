"""Ctrl-C and SIGTERM as something to ask for, instead of something that strikes anywhere."""

import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Self


class Interruption:
    """While it is open, SIGINT and SIGTERM are only noted; for the main thread."""

    def __init__(self) -> None:
        self._times = 0

    def __enter__(self) -> Self:
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.settimeout(0)
        # An Event would not do: its lock may be held by the code that a signal interrupts.
        self._fd_before = signal.set_wakeup_fd(
            self._writer.fileno(), warn_on_full_buffer=False
        )
        self._handlers_before = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._reader.close()
        self._writer.close()

    def wait(self, seconds: float) -> bool:
        """Wait, but not when a signal has come already; say whether one has."""
        return self._wait(seconds, times=1)

    def wait_for_another(self, seconds: float) -> bool:
        """Wait; say whether somebody has asked more than once, so is in a hurry."""
        return self._wait(seconds, times=2)

    def _wait(self, seconds: float, *, times: int) -> bool:
        if self._times < times:
            ready, _, _ = select.select([self._reader], [], [], max(seconds, 0.0))
            if ready:
                self._reader.recv(1024)
        return self._times >= times

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._times += 1
