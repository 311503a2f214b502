"""How commands print: one JSON document, JSON lines, a table, a line, a note."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.store.forms import plain

NOTHING = "-"


def print_document(document: object) -> None:
    """Print one JSON document; times in the same form as in exported rows."""
    _write(
        orjson.dumps(
            document,
            default=plain,
            option=orjson.OPT_INDENT_2
            | orjson.OPT_PASSTHROUGH_DATETIME
            | orjson.OPT_APPEND_NEWLINE,
        )
    )


def print_bytes(text: bytes) -> None:
    """Print what is text already."""
    _write(text)


def print_lines(rows: Iterable[dict[str, Any]]) -> None:
    """Print one JSON value per line, as they come."""
    for row in rows:
        _write(as_line(row))


def as_line(row: dict[str, Any]) -> bytes:
    """Return one JSON value as a line; times in the same form as in exported rows."""
    return orjson.dumps(
        row,
        default=plain,
        option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_APPEND_NEWLINE,
    )


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = ""
) -> None:
    """Print a table: drawn on a terminal, elsewhere plain columns that are never cut."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(drawn(title, columns, rows))
        return
    if title:
        say(title)
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [[column.upper() for column in columns], *cells]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def drawn(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> Table:
    """Return a table as a terminal shows it."""
    table = Table(title=title or None, title_justify="left")
    for place, column in enumerate(columns):
        # The first is what people copy: in one piece, if the terminal has room for it.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        # As text: a shop's name may look like markup.
        table.add_row(*[Text(_cell(value)) for value in row])
    return table


def say(line: str) -> None:
    """Print a line."""
    _write(f"{line}\n".encode())


def note(line: str) -> None:
    """Tell the person something beside the result, on standard error."""
    typer.echo(f"sellersync: {line}", err=True)


def flush() -> None:
    """Hand over what was printed so far."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _end_quietly()


def _write(text: bytes) -> None:
    try:
        sys.stdout.buffer.write(text)
    except BrokenPipeError:
        _end_quietly()


def _end_quietly() -> None:
    """End well: the reader of our output has seen enough (`sellersync export … | head`)."""
    raise typer.Exit


def _cell(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    text = str(plain(value))
    # One row is one line, whatever a shop is called.
    return "".join(mark if mark.isprintable() else " " for mark in text)
