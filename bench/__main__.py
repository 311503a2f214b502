"""Run all benches, or those that are named: `python -m bench pages`."""

import os
import sys

from rich.console import Console

from bench import latency, load, pages, refreshes, signing

BENCHES = {
    "signing": signing.measure,
    "pages": pages.measure,
    "load": load.measure,
    "latency": latency.measure,
    "refreshes": refreshes.measure,
}


def main() -> None:
    """Print the size of the machine, then the tables."""
    console = Console()
    console.print(_machine())
    for name in sys.argv[1:] or BENCHES:
        console.print(BENCHES[name]())


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{cores} cores, {memory / 2**30:.0f} GiB of memory"


main()
