"""How many heaps threads use, as glibc itself tells it, and what is given back of them."""

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

# A block at the end keeps the heap from shrinking by itself.
HOLES = """
import psutil
from worker.runtime.memory import SpareMemory

moments = iter([100.0, 130.0, 160.0])
spare = SpareMemory(clock=lambda: next(moments))
for _ in range(3):
    blocks = [bytearray(5000) for _ in range(10_000)]
    last = bytearray(5000)
    blocks.clear()
    before = psutil.Process().memory_info().rss
    spare.give_back()
    print(round((before - psutil.Process().memory_info().rss) / 1e6))
"""


def told_by(program, *arguments, **environment):
    """Return what a program prints in a process of its own."""
    outside = {
        name: value for name, value in os.environ.items() if "MALLOC" not in name
    }
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**outside, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def heaps(how, **environment):
    """Return how many heaps eight threads use."""
    return told_by(THREADS, how, **environment).count("<heap nr=")


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


def test_what_is_free_is_given_back_once_a_minute():
    """50 MB that nobody uses, below a block that somebody does."""
    first, soon, later = map(int, told_by(HOLES).split())

    assert first > 40
    assert soon == 0
    assert later > 40
