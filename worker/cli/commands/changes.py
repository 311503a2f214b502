"""`sellersync changes`: the change feed, as JSON lines."""

from collections.abc import Iterator
from threading import Event
from typing import Annotated, Any

import typer

from worker.cli.printing import flush, note, print_lines, say
from worker.cli.session import opened_database
from worker.store.database import Database
from worker.store.export import changes_after
from worker.store.feed import newest_change, purged_through

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
        int | None,
        typer.Option(
            min=0,
            metavar="SEQ",
            help="The last seq you have; else from the oldest kept.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many changes.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more, until Ctrl-C.")
    ] = False,
    newest: Annotated[
        bool,
        typer.Option(
            "--newest", help="Print only the newest seq, to follow from here."
        ),
    ] = False,
) -> None:
    """Print what changed in orders and products, oldest first, as JSON lines.

    The seq of the last line is the --after of the next call. Changes are kept for a time
    (SELLERSYNC_FEED__KEEP); whoever asks for older ones is told to start again.
    """
    never = Event()
    with opened_database() as database:
        if newest:
            with database.read() as connection:
                say(str(newest_change(connection)))
            return
        start = _oldest_kept(database) if after is None else after
        try:
            for batch in _batches(database, after=start, limit=limit):
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


def _oldest_kept(database: Database) -> int:
    """Return the number before the oldest change there is; say so if older ones are gone."""
    with database.read() as connection:
        purged = purged_through(connection)
    if purged:
        note(f"changes up to seq {purged} are no longer kept; this begins after them")
    return purged


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
