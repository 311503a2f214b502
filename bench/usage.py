"""What a piece of work costs this process."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Usage:
    """Seconds by the clock and of the CPU, and the most memory that was ever held."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_megabytes: float = 0.0


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure what happens inside; the figures are there afterwards."""
    usage = Usage()
    began, cpu_began = time.perf_counter(), time.process_time()
    yield usage
    usage.seconds = time.perf_counter() - began
    usage.cpu_seconds = time.process_time() - cpu_began
    usage.peak_megabytes = _peak_bytes() / 1e6


def _peak_bytes() -> int:
    """Return the peak of this program alone: Linux's `ru_maxrss` knows also who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
