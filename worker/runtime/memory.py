"""Memory of a worker that stays the same: glibc's allocator with few heaps.

By default each thread gets a heap of its own, up to eight per core. A page of orders leaves
holes in the heap of whichever thread has read it, which no other thread may fill: for days
a worker grows towards what all its threads together have needed at most. Two heaps are
enough for threads that mostly wait, and hold that Python lets one at a time go on.
"""

import ctypes
import os

# From malloc.h.
_M_ARENA_MAX = -8
_HEAPS = 2


def keep_memory_together() -> None:
    """Let threads share their heaps from now on; other C libraries do it by themselves."""
    if "MALLOC_ARENA_MAX" in os.environ:
        # Somebody has decided it for this machine.
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _HEAPS)
