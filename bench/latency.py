"""How much of the allowed calls a first pull uses, when each answer takes 300 ms.

Counted by the host: calls per second from the first to the last one, and those refused
because more than the limit came within any one second. A client that waits for each
answer before it asks again is measured beside it.
"""

import os
from tempfile import TemporaryDirectory

from rich.table import Table

from bench.databases import sqlite
from bench.fresh import run, sellersync
from bench.order_host import Calls, serving
from bench.orders import ORDERS_PER_PAGE

_CALLS = int(os.environ.get("BENCH_CALLS", "600"))
_LIMIT = 20  # calls per second
_LATENCY = 0.3  # seconds
# Enough for a client that needs a third of a second for each.
_SEQUENTIAL_CALLS = 30


def measure() -> Table:
    """Return the table: calls per second used, and refused ones."""
    table = Table(
        title=f"{_LATENCY * 1000:.0f} ms per answer, {_LIMIT} calls/s allowed"
    )
    table.add_column("client", no_wrap=True)
    for heading in ("calls", "calls/s", "refused"):
        table.add_column(heading, justify="right")
    for client, calls in (
        ("one call after the other", _sequential()),
        ("pull orders --here, SQLite", _pull()),
    ):
        table.add_row(
            client,
            f"{calls.answered:,}",
            f"{calls.per_second:.1f}",
            f"{calls.refused:,}",
        )
    return table


def _sequential() -> Calls:
    orders = _SEQUENTIAL_CALLS * ORDERS_PER_PAGE
    with (
        serving(orders, limit=_LIMIT, latency=_LATENCY) as host,
        TemporaryDirectory(prefix="bench-") as folder,
    ):
        run("bare_loop", host.url, f"{folder}/bare.db")
        return host.calls()


def _pull() -> Calls:
    with (
        serving(_CALLS * ORDERS_PER_PAGE, limit=_LIMIT, latency=_LATENCY) as host,
        sqlite() as url,
        sellersync(
            host=host.url, database=url, requests_per_second=_LIMIT
        ) as environment,
    ):
        run("pull_here", environment=environment)
        return host.calls()
