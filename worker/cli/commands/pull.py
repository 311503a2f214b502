"""`sellersync pull`: bring streams up to date, by a worker or in this process."""

from datetime import datetime
from typing import Annotated

import typer

from config.settings import settings
from worker.cli.choosing import Chosen, shops_to_pull
from worker.cli.completion import shop_keys
from worker.cli.enqueueing import enqueue
from worker.cli.following import Follower
from worker.cli.outcomes import tell
from worker.cli.printing import note, print_document, say
from worker.cli.pulling import pull_here
from worker.cli.session import calling_runtime, opened_database
from worker.cli.times import since as since_option
from worker.domain.records import Stream
from worker.store.database import Database

_EXAMPLE = """Example:

    sellersync pull orders --since 7d --wait"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(pull)


def pull(
    stream: Annotated[Stream, typer.Argument(help="What to pull.")],
    *,
    shop: Annotated[
        str | None,
        typer.Option(
            metavar="SHOP_KEY",
            autocompletion=shop_keys,
            help="Only this shop; else all.",
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=since_option,
            metavar="TIME",
            help="Also read again from here: 2026-10-01T12:00:00Z, or 7d ago.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the workers until they are done.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Pull in this process, without a worker.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Bring orders or products up to date: enqueue it, or do it here.

    The first pull of a stream takes its whole configured history. A stream without an
    "updated since" filter is read in full.
    """
    if here and wait:
        raise typer.BadParameter("--here waits by itself; leave --wait away")
    if here:
        with calling_runtime() as runtime:
            chosen = _choose(runtime.database, shop)
            outcomes = pull_here(runtime, stream, chosen.keys, since=since)
        tell(stream, outcomes, json=json)
        return
    with opened_database() as database:
        chosen = _choose(database, shop)
        follower = Follower(database, stream, chosen.keys)
        numbers = _enqueue(stream, chosen, since)
        if wait:
            tell(stream, follower.follow(), json=json)
            return
    if json:
        sent = dict(zip(chosen.keys, numbers, strict=True))
        print_document(
            {
                "stream": stream.value,
                "enqueued": list(chosen.keys),
                "task_ids": sent,
            }
        )
    else:
        say(f"Enqueued: {stream.value} of {len(chosen.keys)} shops.")


def _choose(database: Database, shop_key: str | None) -> Chosen:
    with database.read() as connection:
        chosen = shops_to_pull(connection, shop_key)
    for reason in chosen.left_out:
        note(f"left out: {reason}")
    return chosen


def _enqueue(stream: Stream, chosen: Chosen, since: datetime | None) -> list[str]:
    extra = {} if since is None else {"since": since.isoformat()}
    return enqueue(
        settings(),
        f"tasks.{stream.value}.pull",
        [{"shop_key": key, **extra} for key in chosen.keys],
    )
