"""`sellersync changes`: the change feed, as JSON lines."""

from collections.abc import Iterator
from threading import Event
from typing import Annotated, Any

import typer

from worker.cli.printing import flush, print_lines
from worker.cli.session import opened_database
from worker.store.database import Database
from worker.store.export import changes_after

_EXAMPLE = """Example:

    sellersync changes --after 1200 --follow"""

_BATCH = 500  # changes held in memory at once
_LOOK_EVERY = 1.0  # seconds


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(changes)


def changes(
    *,
    after: Annotated[
        int, typer.Option(min=0, metavar="SEQ", help="The last seq you have.")
    ] = 0,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many changes.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more, until Ctrl-C.")
    ] = False,
) -> None:
    """Print what changed in orders and products, oldest first, as JSON lines.

    The seq of the last line is the --after of the next call.
    """
    never = Event()
    with opened_database() as database:
        try:
            for batch in _batches(database, after=after, limit=limit):
                print_lines(batch)
                flush()
                if not batch:
                    if not follow:
                        return
                    never.wait(_LOOK_EVERY)
        except KeyboardInterrupt:
            # Following has no other end, so this one is a good one.
            if not follow:
                raise


def _batches(
    database: Database, *, after: int, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    """Yield the changes in batches, an empty one whenever there are none; stop at the limit."""
    left = limit
    while left is None or left > 0:
        size = _BATCH if left is None else min(_BATCH, left)
        with database.read() as connection:
            batch = changes_after(connection, after, limit=size)
        yield batch
        if batch:
            after = batch[-1]["seq"]
            left = None if left is None else left - len(batch)
