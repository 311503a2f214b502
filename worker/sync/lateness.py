"""How late rows become visible, and how far windows must overlap for it; pure.

Most rows are in time: the first window that ends after their update time shows them. A row
is late if an earlier window should have shown it and did not. What is known of its lateness
is at most `first seen - update time`, and so much overlap would have caught it. That is
more than the overlap that did catch it, so an overlap that is too short grows.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

# Rows later than the n-th step and not later than the next one are counted together. The
# first count is that of the rows in time; the last one has no upper end.
STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 60, 120, 300, 450, 600, 900, 1200, 1800, 2700, 3600)
)
# Every pull reads the overlap again. What is later than this is found by a reconcile.
LONGEST_OVERLAP = STEPS[-1]
# One row in so many may be later than the overlap: p99.9.
_ONE_IN = 1_000
# Then all counts are halved: what was long ago fades.
_MEMORY = 100_000  # rows

Counts = tuple[int, ...]


def observe(counts: Counts, *, added: int, late: Iterable[timedelta]) -> Counts:
    """Return the counts with the rows that a window added; `late` holds the late ones."""
    new = list(counts) if len(counts) == len(STEPS) + 2 else [0] * (len(STEPS) + 2)
    lateness = list(late)
    new[0] += max(added - len(lateness), 0)
    for each in lateness:
        new[1 + sum(each > step for step in STEPS)] += 1
    if sum(new) > _MEMORY:
        new = [count // 2 for count in new]
    return tuple(new)


def overlap_after(counts: Counts, *, floor: timedelta) -> timedelta:
    """Return the overlap that would have caught 99.9 % of the rows seen so far."""
    return min(max(_reach(counts), floor), max(LONGEST_OVERLAP, floor))


def _reach(counts: Sequence[int]) -> timedelta:
    missed = sum(counts) // _ONE_IN
    # From the latest step down, until what lies beyond is more than may be missed.
    for step, count in zip(
        reversed((*STEPS, STEPS[-1])), reversed(counts), strict=False
    ):
        missed -= count
        if missed < 0:
            return step
    return timedelta(0)
