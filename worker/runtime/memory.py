"""Memory of a worker that stays the same: glibc's allocator, told what it does not do by itself.

By default each thread gets a heap of its own, up to eight per core. A page of orders leaves
holes in the heap of whichever thread has read it, which no other thread may fill: for days
a worker grows towards what all its threads together have needed at most. Two heaps are
enough for threads that mostly wait, and hold that Python lets one at a time go on.

By default it also learns to keep ever larger blocks for later: once a page of a megabyte was
freed, those of the same size, and two at the end of each heap, stay the process's. Here large
blocks are the system's own and go back at once, and so does the end of a heap. What is free
in the middle of a heap goes back when somebody asks.
https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

import ctypes
import os
import time
from collections.abc import Callable

_LARGE = 128 * 1024  # bytes, as in the beginning by default
# By the variable that overrules it: the option's number in malloc.h, and our value.
_OPTIONS = {
    "MALLOC_ARENA_MAX": (-8, 2),
    "MALLOC_MMAP_THRESHOLD_": (-3, _LARGE),
    "MALLOC_TRIM_THRESHOLD_": (-1, _LARGE),
}
_TRIM_EVERY = 60.0  # seconds; it takes a few milliseconds


def keep_memory_together() -> None:
    """Let threads share heaps and hold no more than they use; other C libraries do as they do."""
    set_option = _of_libc("mallopt")
    if set_option is None:
        return
    for variable, (option, value) in _OPTIONS.items():
        # Else somebody has decided it for this machine.
        if variable not in os.environ:
            set_option(option, value)


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
