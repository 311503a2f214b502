"""`sellersync reconcile`: compare everything with the marketplace, by a worker or here."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from config.settings import settings
from worker.cli.choosing import Chosen, shops_to_pull
from worker.cli.completion import shop_keys
from worker.cli.enqueueing import enqueue
from worker.cli.printing import note, print_document, print_table, say
from worker.cli.reconciling import reconcile_here
from worker.cli.session import calling_runtime, opened_database
from worker.domain.records import Stream
from worker.store.database import Database

_COUNTS = ("pages", "added", "updated", "deleted", "gone", "withheld")

_EXAMPLE = """Example:

    sellersync reconcile products --shop temu:eu:1024 --confirm-deletions"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(reconcile)


def reconcile(
    stream: Annotated[Stream, typer.Argument(help="What to reconcile.")],
    *,
    shop: Annotated[
        str | None,
        typer.Option(
            metavar="SHOP_KEY",
            autocompletion=shop_keys,
            help="Only this shop; else all.",
        ),
    ] = None,
    confirm_deletions: Annotated[
        bool,
        typer.Option(
            "--confirm-deletions",
            help="What the next pass finds missing may all go; needs --shop.",
        ),
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Do it in this process, without a worker.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Compare all orders or products with the marketplace, and repair what differs.

    A worker does it behind everything else, and `sellersync status --json` tells what came
    of it. Deletions that were withheld need --confirm-deletions: then the next
    pass looks again, asks for each record by its id, and lets go what is gone.
    """
    if confirm_deletions and shop is None:
        raise typer.BadParameter("--confirm-deletions needs --shop: look at each one")
    if here:
        with calling_runtime() as runtime:
            chosen = _choose(runtime.database, shop)
            results = {
                key: reconcile_here(runtime, stream, key, confirm=confirm_deletions)
                for key in chosen.keys
            }
        _tell(stream, results, json=json)
        return
    with opened_database() as database:
        chosen = _choose(database, shop)
    extra = {"confirm_deletions": True} if confirm_deletions else {}
    numbers = enqueue(
        settings(),
        f"tasks.{stream.value}.reconcile",
        [{"shop_key": key, **extra} for key in chosen.keys],
    )
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
        say(f"Enqueued: a reconcile of {stream.value} of {len(chosen.keys)} shops.")


def _choose(database: Database, shop_key: str | None) -> Chosen:
    with database.read() as connection:
        chosen = shops_to_pull(connection, shop_key)
    for reason in chosen.left_out:
        note(f"left out: {reason}")
    return chosen


def _tell(
    stream: Stream, results: Mapping[str, Mapping[str, Any]], *, json: bool
) -> None:
    if json:
        rows = [{"shop_key": key, **result} for key, result in results.items()]
        print_document({"stream": stream.value, "shops": rows})
        return
    print_table(
        ("shop_key", *_COUNTS),
        [[key, *map(result.get, _COUNTS)] for key, result in results.items()],
    )
