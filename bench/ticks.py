"""What one tick costs, by database and by how many streams there are that are not due."""

import os
import subprocess
import sys

import orjson
from rich.table import Table

from bench.databases import DATABASES
from bench.fresh import sellersync

# Two streams each: 10,000, 20,000 and 100,000 of them.
_SHOPS = (5_000, 10_000, 50_000)


def measure() -> Table:
    """Return the table: milliseconds of the tick's task, its messages sent."""
    table = Table(title="One tick: the task itself, messages to Redis sent")
    table.add_column("", no_wrap=True)
    for heading in (
        *("shops", "streams", "idle, median", "idle, p95"),
        "1,000 due: claimed and sent",
    ):
        table.add_column(heading, justify="right")
    for name, database in DATABASES.items():
        for shops in _SHOPS:
            with (
                database() as url,
                sellersync(
                    host="http://127.0.0.1", database=url, requests_per_second=10
                ) as environment,
            ):
                found = _run(shops, environment)
            table.add_row(
                name,
                f"{shops:,}",
                f"{2 * shops:,}",
                f"{found['idle_median']:.1f} ms",
                f"{found['idle_p95']:.1f} ms",
                f"{found['busy_median']:.0f} ms",
            )
    return table


def _run(shops: int, environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", "bench.loaders.ticks", str(shops)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = orjson.loads(done.stdout)
    return found
