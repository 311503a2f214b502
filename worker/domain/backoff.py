"""How long to wait after failures in a row: exponential, spread, bounded."""

from datetime import timedelta


def wait_after(
    failures: int, *, first: timedelta, longest: timedelta, chance: float
) -> timedelta:
    """Return the wait after this many failures; `chance` in [0, 1) takes up to half off it."""
    doublings = min(max(failures - 1, 0), 30)
    return min(first * (1 << doublings), longest) * (1 - chance / 2)
