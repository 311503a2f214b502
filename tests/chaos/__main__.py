"""`make chaos`, or `python -m tests.chaos [--short] [--seed N] [--only PART-OF-A-NAME]`."""

import argparse
import sys

from rich.console import Console

from tests.chaos.faults import FAULTS, SHORT
from tests.chaos.run import run_faults


def main() -> None:
    """Run the faults in a seeded order; exit 1 if anything that must hold did not."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--only", help="faults with this in their name")
    options = asked.parse_args()
    names = [
        name
        for name in (SHORT if options.short else FAULTS)
        if not options.only or options.only in name
    ]
    console = Console(width=None if sys.stdout.isatty() else 120)
    outcome = run_faults(names, seed=options.seed, say=console.print)
    console.print(outcome.table())
    console.print(outcome.verdict())
    sys.exit(0 if outcome.is_well else 1)


if __name__ == "__main__":
    main()
