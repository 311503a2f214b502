"""How many webhooks one core takes, and how soon each is acknowledged.

The receiver has one core, the sender the other. Acknowledged is only what is committed.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from statistics import quantiles

import psutil
from rich.table import Table
from sqlalchemy import func, select

from bench.databases import DATABASES
from bench.deliveries import Answered, Posted, Sort, deliveries, send
from bench.fresh import sellersync
from worker.store.database import Database
from worker.store.schema.notifications import notifications

PER_SECOND = int(os.environ.get("BENCH_WEBHOOKS_PER_SECOND", "500"))
SECONDS = int(os.environ.get("BENCH_WEBHOOKS_SECONDS", "10"))
CONNECTIONS = 100
_EXPECTED = {
    Sort.NEW: HTTPStatus.OK,
    Sort.AGAIN: HTTPStatus.OK,
    Sort.FORGED: HTTPStatus.UNAUTHORIZED,
}


def measure() -> Table:
    """Measure both databases."""
    table = Table(title=f"Webhooks, {PER_SECOND}/s for {SECONDS} s into one core")
    for column in ("", "acknowledged/s", "p50", "p99", "worst", "CPU", "kept"):
        table.add_column(column, justify="left" if column in {"", "kept"} else "right")
    for name, database in DATABASES.items():
        with database() as url:
            table.add_row(name, *_measured(url).cells())
    return table


@dataclass(frozen=True, slots=True)
class _Measured:
    answers: list[Answered]
    seconds: float
    cpu_seconds: float
    kept: int
    wrong: int

    def cells(self) -> Iterator[str]:
        times = quantiles([each.seconds for each in self.answers], n=100)
        genuine = [each for each in self.answers if each.status == HTTPStatus.OK]
        new = sum(each.sort is Sort.NEW for each in self.answers)
        yield f"{len(genuine) / self.seconds:,.0f}"
        yield f"{times[49] * 1000:.1f} ms"
        yield f"{times[98] * 1000:.1f} ms"
        yield f"{max(each.seconds for each in self.answers) * 1000:.0f} ms"
        yield f"{self.cpu_seconds / self.seconds:.0%} of a core"
        yield f"{self.kept:,} of {new:,}, {self.wrong} wrong answers"


def _measured(url: str) -> _Measured:
    with sellersync(host="http://127.0.0.1:9", database=url, requests_per_second=1) as (
        environment
    ):
        posts = deliveries(
            PER_SECOND * SECONDS,
            app_key=environment["SELLERSYNC_TIKTOK_SHOP__APP_KEY"],
            app_secret=environment["SELLERSYNC_TIKTOK_SHOP__APP_SECRET"],
        )
        warm_up, posts = posts[: PER_SECOND // 2], posts[PER_SECOND // 2 :]
        with _receiver(environment) as (process, port):
            asyncio.run(_send(warm_up, port))
            before = _cpu(process)
            began = time.perf_counter()
            answers = asyncio.run(_send(posts, port))
            seconds = time.perf_counter() - began - 0.2
            cpu = _cpu(process) - before
        database = Database(url)
        with database.read() as connection:
            kept = connection.execute(
                select(func.count()).select_from(notifications)
            ).scalar_one()
        database.close()
    early = sum(each.sort is Sort.NEW for each in warm_up)
    wrong = sum(each.status != _EXPECTED[each.sort] for each in answers)
    return _Measured(answers, seconds, cpu, int(kept) - early, wrong)


async def _send(posts: list[Posted], port: int) -> list[Answered]:
    return await send(
        posts,
        port=port,
        per_second=PER_SECOND,
        connections=CONNECTIONS,
    )


@contextmanager
def _receiver(environment: dict[str, str]) -> Iterator[tuple[psutil.Process, int]]:
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.receiving"],
        env=os.environ | environment | {"BENCH_CORE": str(cores[0])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # With one core only they share it.
        os.sched_setaffinity(0, {cores[-1]})
        assert process.stdout is not None
        yield psutil.Process(process.pid), int(process.stdout.readline())
    finally:
        os.sched_setaffinity(0, set(cores))
        process.kill()
        process.wait()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
