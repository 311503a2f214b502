"""All tables of the budget, one after the other."""

import os
import time

from rich.console import Group, RenderableType

from bench.budget import mishaps, saturation, sellers, speed, weather
from bench.budget.crews import open_arena
from bench.budget.limiters import PAD


def measure() -> RenderableType:
    """Return the tables; under them, what the machine had to do besides."""
    before, began = _load(), time.monotonic()
    with open_arena() as arena:
        tables = [
            saturation.measure(arena),
            sellers.measure(arena),
            speed.measure(arena),
            *weather.measure(arena),
            mishaps.measure(arena),
        ]
    return Group(
        *tables,
        "All limiters at the same moment, each with a Valkey of its own (100 apps and "
        f"speed: one after the other). The others' pad is set by hand to "
        f"{PAD.microseconds // 1000} ms; ours is learned.",
        f"Load average {before} before, {_load()} after, {os.cpu_count()} cores; "
        f"{time.monotonic() - began:.0f} s",
    )


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
