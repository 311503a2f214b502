"""Memory of a worker that stays the same: glibc's allocator, told what it does not do by itself.

By default each thread gets a heap of its own, up to eight per core. A page of orders leaves
holes in the heap of whichever thread has read it, which no other thread may fill: for days
a worker grows towards what all its threads together have needed at most. Two heaps are
enough for threads that mostly wait, and hold that Python lets one at a time go on.

And what is free in the middle of a heap stays the process's until somebody asks.
"""

import ctypes
import os
import time
from collections.abc import Callable

# From malloc.h.
_M_ARENA_MAX = -8
_HEAPS = 2
_TRIM_EVERY = 60.0  # seconds; it takes a few milliseconds


def keep_memory_together() -> None:
    """Let threads share their heaps from now on; other C libraries do it by themselves."""
    if "MALLOC_ARENA_MAX" in os.environ:
        # Somebody has decided it for this machine.
        return
    mallopt = _of_libc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _HEAPS)


class SpareMemory:
    """What the process holds and does not use: given back once a minute at most.

    https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due_at = 0.0

    def give_back(self) -> None:
        """Give it back, if it is time; with other C libraries than glibc do nothing."""
        now = self._clock()
        if now < self._due_at:
            return
        self._due_at = now + _TRIM_EVERY
        trim = _of_libc("malloc_trim")
        if trim is not None:
            trim(0)


def _of_libc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None)
