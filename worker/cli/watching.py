"""Look again and again: in place on a terminal, one look after the other elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from worker.cli.failures import one_line
from worker.cli.printing import as_line, drawn, flush, print_bytes, print_table, say
from worker.domain.errors import SellersyncError

Document = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of a look."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def watch(
    look: Callable[[], Document],
    tables: Callable[[Document], Iterable[Shown]],
    *,
    every: timedelta,
    json: bool,
    console: Console | None = None,
) -> None:
    """Look until Ctrl-C; a look that fails is told, and the next one may succeed."""
    console = console or Console()
    in_place = console.is_terminal and not json
    live = Live(console=console, screen=True, auto_refresh=False) if in_place else None
    pause = Event()
    try:
        with live or nullcontext():
            while True:
                _show_one(look, tables, live=live, json=json)
                pause.wait(every.total_seconds())
    except KeyboardInterrupt:
        # Watching has no other end, so this one is a good one.
        return


def _show_one(
    look: Callable[[], Document],
    tables: Callable[[Document], Iterable[Shown]],
    *,
    live: Live | None,
    json: bool,
) -> None:
    at = datetime.now(UTC)
    title = f"sellersync status, {at:%Y-%m-%d %H:%M:%S} UTC, Ctrl-C ends it"
    trouble = None
    document: Document = {}
    try:
        document = look()
    except (SellersyncError, SQLAlchemyError) as error:
        trouble = one_line(error)
    if json:
        told = {"at": at, **document} if trouble is None else {"error": trouble}
        print_bytes(as_line({"at": at, **told}))
    elif live is not None:
        # What is longer than the screen is cut: the most urgent stands in front.
        most = live.console.height
        body = [
            drawn(each.title, each.columns, each.rows[:most])
            for each in tables(document)
        ]
        live.update(Group(Text(title), Text(trouble or ""), *body), refresh=True)
    else:
        say(title)
        if trouble is not None:
            say(trouble)
        for each in tables(document):
            print_table(each.columns, each.rows, title=each.title)
    flush()
