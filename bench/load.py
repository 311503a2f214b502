"""A first load over HTTP, and the same once more: beside a bare loop, in the same run.

Every row is a fresh process that pulls from a local host with `BENCH_ORDERS` orders. The
times are of that process alone: neither the host nor PostgreSQL counts.
"""

import os
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from tempfile import TemporaryDirectory

from rich.table import Table
from sqlalchemy import func, select

from bench.databases import DATABASES
from bench.fresh import run, sellersync
from bench.order_host import serving
from bench.usage import Usage
from worker.store.database import Database
from worker.store.schema import records
from worker.store.schema.feed import changes

_ORDERS = int(os.environ.get("BENCH_ORDERS", "100000"))
# Before the first order.
_LONG_AGO = datetime.now(UTC) - timedelta(days=89)
# Calls per second: nobody ever waits for the budget.
_NO_LIMIT = 100_000
# Installed by hand (`dlt[sqlalchemy]`), dlt loads this many: it takes its time.
_FOR_DLT = min(_ORDERS, 20_000)


def measure() -> Table:
    """Return the table, one line per load."""
    table = Table(title=f"{_ORDERS:,} orders of 7 KB over HTTP, 100 per page")
    table.add_column("load", no_wrap=True)
    for heading in ("orders/s", "CPU s per 1,000", "bare loops", "peak MB"):
        table.add_column(heading, justify="right")
    with serving(_ORDERS) as host:
        bare = _into_sqlite("bare_loop", host.url)
        rows = [("bare loop into SQLite", _ORDERS, bare)]
        for name in DATABASES:
            first, again = _pulls(host.url, name)
            rows.append((f"{name}: first load", _ORDERS, first))
            rows.append((f"{name}: unchanged", _ORDERS, again))
    if find_spec("dlt"):
        with serving(_FOR_DLT) as host:
            dlt = _into_sqlite("dlt_pipeline", host.url)
        rows.append((f"dlt into SQLite, {_FOR_DLT:,} orders", _FOR_DLT, dlt))
    for name, orders, usage in rows:
        cpu = usage.cpu_seconds / orders
        table.add_row(
            name,
            f"{orders / usage.seconds:,.0f}",
            f"{cpu * 1_000:.3f}",
            f"{cpu / (bare.cpu_seconds / _ORDERS):.2f}",
            f"{usage.peak_megabytes:.0f}",
        )
    return table


def _into_sqlite(loader: str, host: str) -> Usage:
    with TemporaryDirectory(prefix="bench-") as folder:
        # dlt tells its makers about each run unless it is asked not to.
        return run(
            loader,
            *(host, f"{folder}/bench.db"),
            environment={"RUNTIME__DLTHUB_TELEMETRY": "false"},
        )


def _pulls(host: str, database: str) -> tuple[Usage, Usage]:
    with (
        DATABASES[database]() as url,
        sellersync(
            host=host, database=url, requests_per_second=_NO_LIMIT
        ) as environment,
    ):
        first = run("sellersync_pull", environment=environment)
        _prove_complete(url)
        again = run("sellersync_pull", _LONG_AGO.isoformat(), environment=environment)
        _prove_complete(url)
    return first, again


def _prove_complete(url: str) -> None:
    """Whatever was measured must have been the whole work, done once."""
    database = Database(url)
    with database.read() as connection:
        found = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (records.orders, records.order_lines, changes)
        ]
    database.close()
    assert found == [_ORDERS, 4 * _ORDERS, _ORDERS], found
