"""How many heaps threads use, as glibc itself tells it."""

import ctypes
import os
import subprocess
import sys

import pytest

# Each thread keeps blocks that are too large for Python's own allocator.
THREADS = """
import ctypes, sys, threading
from worker.runtime.memory import keep_memory_together

if sys.argv[1] == "together":
    keep_memory_together()
met = threading.Barrier(9)

def keep():
    blocks = [bytearray(5000) for _ in range(100)]
    met.wait()
    met.wait()
    blocks.clear()

threads = [threading.Thread(target=keep) for _ in range(8)]
for thread in threads:
    thread.start()
met.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
met.wait()
"""


def heaps(how, **environment):
    """Return how many heaps eight threads use."""
    outside = {
        name: value for name, value in os.environ.items() if "MALLOC" not in name
    }
    told = subprocess.run(
        [sys.executable, "-c", THREADS, how],
        env={**outside, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return told.stdout.count("<heap nr=")


pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_info"),
    reason="this C library is not glibc",
)


def test_threads_share_two_heaps():
    """Where each would have one of its own."""
    assert heaps("apart") > 2
    assert heaps("together") == 2


def test_what_the_machine_says_holds():
    """An operator who sets glibc's own variable knows why."""
    assert heaps("together", MALLOC_ARENA_MAX="4") == 4
