"""`sellersync export`: the data in the normalised form, as JSON lines or Parquet."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.choosing import known_shop
from worker.cli.completion import shop_keys
from worker.cli.parquet import require_parquet, write_parquet
from worker.cli.printing import as_line, flush, print_lines
from worker.cli.session import opened_database
from worker.cli.times import since as since_option
from worker.cli.whole_file import whole_file
from worker.domain.records import Stream
from worker.store.export import export as exported

_EXAMPLE = """Example:

    sellersync export orders --since 7d > orders.jsonl
    sellersync export orders --format parquet --output orders.parquet"""


class Format(StrEnum):
    """What a file of rows looks like."""

    JSONL = "jsonl"
    PARQUET = "parquet"


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(export)


def export(
    stream: Annotated[Stream, typer.Argument(help="What to export.")],
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
            help="Only what was updated since: 2026-10-01T12:00:00Z, or 7d ago.",
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Add the marketplace's untouched payload.")
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="Parquet also needs --output.")
    ] = Format.JSONL,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write to a file; else print."),
    ] = None,
) -> None:
    """Give out orders or products, sorted by shop and id: as JSON lines, or as Parquet."""
    if form is Format.PARQUET:
        if output is None:
            raise typer.BadParameter("Parquet is no text to print; add --output FILE")
        require_parquet()
    with opened_database() as database, database.read() as connection:
        if shop is not None:
            known_shop(connection, shop)
        rows = exported(connection, stream, shop_key=shop, since=since, raw=raw)
        if output is None:
            print_lines(rows)
            flush()
            return
        with whole_file(output) as file:
            if form is Format.PARQUET:
                write_parquet(file, stream, rows, raw=raw)
            else:
                file.writelines(map(as_line, rows))
