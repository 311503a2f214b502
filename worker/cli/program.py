"""The command's frame: which commands there are, and how any failure ends.

Exit status 0 means done, 1 failed with one line on standard error, 2 wrong usage.
"""

import os
import sys
from typing import NoReturn

import typer

from worker.cli.commands import CommandsOnDemand

program = typer.Typer(
    name="sellersync",
    cls=CommandsOnDemand,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@program.callback()
def _sellersync() -> None:
    """Keep marketplace sellers' tokens alive and their data in your own database."""


def main() -> NoReturn:
    """Run the command line and end the process."""
    try:
        program()
    except Exception as error:  # each kind has its line, and a bug is one of them
        # Imported for a failure only: it needs to know every library's errors.
        from worker.cli.failures import one_line  # noqa: PLC0415 -- see above

        print(f"sellersync: {one_line(error)}", file=sys.stderr)  # noqa: T201 -- it is a command
        # Not from the settings: they may be what failed.
        if os.environ.get("SELLERSYNC_LOG__LEVEL", "").lower() == "debug":
            raise
        sys.exit(1)
    finally:
        _hand_over()
    sys.exit(0)


def _hand_over() -> None:
    """Flush what was printed; a reader that has seen enough is no failure."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends.
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
