"""How a look is shown: tables that stay in place on a terminal, elsewhere one line each."""

from datetime import timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from worker.cli.demonstration.sight import Sight, StreamSight
from worker.domain.records import Stream

_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
)
_LONGEST_SUBJECT = 20


def tables(sight: Sight, *, doing: str) -> RenderableType:
    """Return what a terminal shows; it fits into the smallest usual one, 80 by 24."""
    parts = (_sellers(sight), _shops(sight), _apps(sight))
    return Group(
        f"[bold]{doing}[/bold]", *(Padding(part, (1, 0, 0, 0)) for part in parts)
    )


def line(sight: Sight) -> str:
    """Return the same in one line, for logs and pipes."""
    seconds = sum(app.last_second for app in sight.apps.values())
    return ", ".join(
        [
            f"{len(sight.sellers)} sellers",
            f"{len(sight.shops)} shops",
            f"{sight.records(Stream.ORDERS)} orders",
            f"{sight.records(Stream.PRODUCTS)} products",
            f"{_ago(sight.stalest)} behind at most",
            f"{sum(seller.refreshes for seller in sight.sellers)} token refreshes",
            f"{seconds} calls/s",
            f"{sum(app.violations for app in sight.apps.values())} over a limit",
        ]
    )


def _sellers(sight: Sight) -> Table:
    table = _table("app", "seller", "token", "lives for", "refreshed, checked")
    for seller in sight.sellers:
        table.add_row(
            _zone(seller.app_id),
            _short(seller.subject),
            seller.state,
            _ago(seller.life),
            str(seller.refreshes),
        )
    return table


def _shops(sight: Sight) -> Table:
    table = _table("shop", "orders", "behind", "products", "behind")
    for shop_key, streams in sight.shops.items():
        orders, products = streams[Stream.ORDERS], streams[Stream.PRODUCTS]
        table.add_row(shop_key, *_cells(orders), *_cells(products))
    return table


def _apps(sight: Sight) -> Table:
    table = _table("app", "calls/s", "fullest limit", "calls", "over a limit")
    for app_id, app in sight.apps.items():
        table.add_row(
            _zone(app_id),
            str(app.last_second),
            f"{app.busiest} of {app.limit}",
            str(app.calls),
            str(app.violations),
            style="red" if app.violations else "",
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    return table


def _zone(app_id: str) -> str:
    """Return the app without its key: there is one in each zone."""
    return app_id.rpartition(":")[0]


def _cells(sight: StreamSight) -> tuple[str, str]:
    return str(sight.records), _ago(sight.freshness)


def _ago(length: timedelta | None) -> str:
    if length is None:
        return "-"
    for unit, name in _UNITS:
        if length >= 2 * unit:
            return f"{length // unit} {name}"
    return f"{length.seconds} s"


def _short(subject: str) -> str:
    if len(subject) <= _LONGEST_SUBJECT:
        return subject
    return f"{subject[: _LONGEST_SUBJECT - 1]}…"
