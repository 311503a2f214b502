"""Our application, which goes deaf when it is told to, for the test of its cure.

The loop of a worker, or of a beat, then reads from a connection on which nothing will ever
come, as it was seen to do after a dropped connection: the process lives, and hears nothing.
"""

import signal
import socket

from worker.app import app

GO_DEAF = signal.SIGRTMIN


def _read_for_ever(*_: object) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1)


# Python runs it in the main thread: that of the event loop.
signal.signal(GO_DEAF, _read_for_ever)

__all__ = ["GO_DEAF", "app"]
