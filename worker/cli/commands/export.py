"""`sellersync export`: the data in the normalised form, as JSON lines."""

from datetime import datetime
from typing import Annotated

import typer

from worker.cli.choosing import known_shop
from worker.cli.printing import flush, print_lines
from worker.cli.session import opened_database
from worker.cli.times import since as since_option
from worker.domain.records import Stream
from worker.store.export import export as exported

_EXAMPLE = """Example:

    sellersync export orders --since 7d > orders.jsonl"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(export)


def export(
    stream: Annotated[Stream, typer.Argument(help="What to export.")],
    *,
    shop: Annotated[
        str | None,
        typer.Option(metavar="SHOP_KEY", help="Only this shop; else all."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=since_option,
            metavar="TIME",
            help="Only what was updated since: 2026-10-01T12:00:00Z, or 7d ago.",
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Add the marketplace's untouched payload.")
    ] = False,
) -> None:
    """Print orders or products as JSON lines, sorted by shop and id."""
    with opened_database() as database, database.read() as connection:
        if shop is not None:
            known_shop(connection, shop)
        print_lines(exported(connection, stream, shop_key=shop, since=since, raw=raw))
    flush()
