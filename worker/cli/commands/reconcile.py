"""`sellersync reconcile`: compare everything with the marketplace, by a worker."""

from typing import Annotated

import typer

from config.settings import settings
from worker.cli.choosing import shops_to_pull
from worker.cli.enqueueing import enqueue
from worker.cli.printing import note, print_document, say
from worker.cli.session import opened_database
from worker.domain.records import Stream

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
        typer.Option(metavar="SHOP_KEY", help="Only this shop; else all."),
    ] = None,
    confirm_deletions: Annotated[
        bool,
        typer.Option(
            "--confirm-deletions",
            help="What the next pass finds missing may all go; needs --shop.",
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Compare all orders or products with the marketplace, and repair what differs.

    A worker does it, beside and behind everything else; `sellersync status --json` tells
    what came of it. Deletions that were withheld need --confirm-deletions: then the next
    pass looks again, asks for each record by its id, and lets go what is gone.
    """
    if confirm_deletions and shop is None:
        raise typer.BadParameter("--confirm-deletions needs --shop: look at each one")
    with opened_database() as database, database.read() as connection:
        chosen = shops_to_pull(connection, shop)
    for reason in chosen.left_out:
        note(f"left out: {reason}")
    extra = {"confirm_deletions": True} if confirm_deletions else {}
    enqueue(
        settings(),
        f"tasks.{stream.value}.reconcile",
        [{"shop_key": key, **extra} for key in chosen.keys],
    )
    if json:
        print_document({"stream": stream.value, "enqueued": list(chosen.keys)})
    else:
        say(f"Enqueued: a reconcile of {stream.value} of {len(chosen.keys)} shops.")
