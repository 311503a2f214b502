"""Run all benches, or those that are named: `python -m bench pages`."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping

from rich.console import Console, RenderableType

from bench import (
    latency,
    load,
    pages,
    refreshes,
    signing,
    status_page,
    ticks,
    webhooks,
)
from bench.admission import report as admission
from bench.budget import report as budget

BENCHES: Mapping[str, Callable[[], RenderableType]] = {
    "signing": signing.measure,
    "pages": pages.measure,
    "load": load.measure,
    "latency": latency.measure,
    "refreshes": refreshes.measure,
    "budget": budget.measure,
    "webhooks": webhooks.measure,
    "status_page": status_page.measure,
    "admission": admission.measure,
    "tick": ticks.measure,
}


def main() -> None:
    """Print the size of the machine, then the tables."""
    names = _asked() or BENCHES
    # A file has no width of its own, and these tables are wide.
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(_machine())
    for name in names:
        console.print(BENCHES[name]())


def _asked() -> list[str]:
    known = ", ".join(BENCHES)
    asked = argparse.ArgumentParser(prog="python -m bench")
    asked.add_argument("name", nargs="*", help=f"which: {known}; all if none is named")
    names: list[str] = asked.parse_args().name
    if unknown := [name for name in names if name not in BENCHES]:
        asked.error(f"there is no bench {unknown[0]}; there are {known}")
    return names


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{cores} cores, {memory / 2**30:.0f} GiB of memory"


main()
