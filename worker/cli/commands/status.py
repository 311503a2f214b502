"""`sellersync status`: what an operator asks first."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from worker.cli.printing import print_document, print_table, say
from worker.cli.session import opened_runtime
from worker.cli.times import duration
from worker.cli.watching import Document, Shown
from worker.cli.watching import watch as look_on
from worker.domain.records import Stream
from worker.overview.status import overview

_EXAMPLE = """Example:

    sellersync status --watch"""

_EVERY = timedelta(seconds=2)
_LEAST = timedelta(milliseconds=100)

_SHOPS = (
    *("shop_key", "name", "authorization", "token_until", "seller_until"),
    *("orders", "products"),
)
_APPS = ("app_id", "limit", "allowed", "of", "app_sends", "waiting")
_EVENTS = ("at", "event", "shop_key", "detail")


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(status)


def status(
    *,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print one object with shops, apps and events."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")
    ] = False,
    every: Annotated[
        timedelta | None,
        typer.Option(
            parser=duration,
            metavar="TIME",
            help="How often --watch looks, like 10s; every 2 seconds if not given.",
        ),
    ] = None,
) -> None:
    """Show shops, tokens, freshness, budgets, failures and recent events.

    With --watch and --json each look is one line.
    """
    if every is not None and (not watch or every < _LEAST):
        raise typer.BadParameter("--every belongs to --watch, and is at least 100ms")
    with opened_runtime() as here:
        # What is shown was made by us as JSON values; here they are only printed.
        if watch:
            looks = every or _EVERY
            look_on(lambda: {**overview(here)}, _tables, every=looks, json=json)
            return
        document: Document = {**overview(here)}
    if json:
        print_document(document)
        return
    if not document["shops"]:
        say("No shop is connected; `sellersync connect --help` shows how.")
    for table in _tables(document):
        print_table(table.columns, table.rows, title=table.title)


def _tables(document: Document) -> list[Shown]:
    """Return what there is to show."""
    shops = [_shop(row) for row in document.get("shops", ())]
    apps = [line for row in document.get("apps", ()) for line in _app(row)]
    events = [_event(row) for row in document.get("events", ())]
    tables = (
        Shown("Shops", _SHOPS, shops),
        Shown("Apps", _APPS, apps),
        Shown("Recent events", _EVENTS, events),
    )
    return [table for table in tables if table.rows]


def _shop(row: dict[str, Any]) -> list[object]:
    paused = f" (paused {row['paused']})" if row["paused"] else ""
    return [
        row["shop_key"],
        row["name"],
        f"{row['authorization_state']}{paused}{_failing(row['failing'])}",
        f"{row['access_expires_at']:%Y-%m-%d %H:%M}",
        f"{row['ends_at']:%Y-%m-%d}",
        *(_stream(row["streams"].get(stream.value)) for stream in Stream),
    ]


def _failing(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    tried = row["next_try_at"]
    again = f", tried next at {tried:%H:%M:%S}" if tried else ""
    return f" (FAILING since {row['since']:%Y-%m-%d %H:%M}{again})"


def _stream(row: dict[str, Any] | None) -> str:
    """Return from when to when the data is complete, and what is wrong, if anything is."""
    if row is None:
        return ""
    seconds = row["freshness_seconds"]
    parts = [
        "never complete" if seconds is None else f"{timedelta(seconds=seconds)} old"
    ]
    if row["complete_from_beginning"]:
        parts.append("complete from the beginning")
    elif row["complete_from"] is not None:
        parts.append(f"complete from {row['complete_from']:%Y-%m-%d %H:%M}")
    if row["open_slices"]:
        parts.append(f"{row['open_slices']} of {row['slices']} slices of history to go")
    if row["stalled_since"] is not None:
        parts.append(f"STALLED since {row['stalled_since']:%Y-%m-%d %H:%M}")
    withheld = (row["reconcile"] or {}).get("withheld")
    if withheld:
        parts.append(f"{withheld} missing, not deleted before you confirm it")
    shown = ", ".join(parts)
    trouble = row["disabled"] or row["last_error"] or row["history_error"]
    return f"{shown}: {trouble}" if trouble else shown


def _app(row: dict[str, Any]) -> list[list[object]]:
    """Return a line for the app's own limit, and one for each that refused calls lately."""
    most = f"{row['requests_per_second']:g}"
    if not row["limits"]:
        return [[row["app_id"], None, "Redis is away", most, None, None]]
    sent = f"{row['calls_per_second']:.1f}"
    return [
        [row["app_id"], limit["limit"], _allowed(limit), most, sent, limit["waiting"]]
        for limit in row["limits"]
    ]


def _allowed(limit: dict[str, Any]) -> str:
    if limit["paused_for_seconds"]:
        return f"paused for {limit['paused_for_seconds']:.0f} s"
    return f"{limit['allowed_per_second']:g}"


def _event(row: dict[str, Any]) -> list[object]:
    facts = (f"{name}={value}" for name, value in row["detail"].items() if value)
    more = len(row["shop_keys"]) - 1
    shops = f"{row['shop_key']} and {more} more" if more > 0 else row["shop_key"]
    times = f" ({row['times']} times)" if row["times"] > 1 else ""
    return [row["at"], f"{row['name']}{times}", shops, " ".join(facts)]
