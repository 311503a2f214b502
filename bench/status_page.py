"""The status page of ten thousand shops: how long the server takes for what is asked of it.

The shops are made up row by row, some late, some failing, some sellers gone; the page is
made as for a browser, but without the way there. So is what Prometheus gets.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry, generate_latest
from rich.table import Table
from sqlalchemy import insert
from starlette.datastructures import QueryParams

from bench.databases import DATABASES
from config.settings import MetricsSettings, Settings
from tests.integration.conftest import running_valkey
from worker.runtime import Runtime, build_runtime
from worker.store.database import Database
from worker.store.schema.accounts import apps, authorizations, shops
from worker.store.schema.feed import events
from worker.store.schema.reconciles import reconciles
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.upgrade import upgrade
from worker.web.budget import BudgetHistory
from worker.web.metrics.collector import InstallationCollector
from worker.web.pages import page
from worker.web.status import content, read_wish

SHOPS = 10_000
_SLICES_PER_STREAM = 8
_RUNS = 7
_NOW = datetime.now(UTC).replace(microsecond=0)
_KEY = Fernet.generate_key().decode()
_APP_ID = "tiktok_shop:default:bench"

VIEWS: Mapping[str, str] = {
    "first screen": "",
    "search for a name": "q=shop+77",
    "only shops in trouble": "only=trouble",
    "oldest orders first": "sort=orders",
    "first sellers to end": "sort=ends",
    "the last page": "page=200",
}
METRICS = "one scrape of /metrics"
METRICS_PER_SHOP = "the same with each shop's series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long a view took, in milliseconds."""

    median: float
    worst: float
    cpu: float


def measure() -> Table:
    """Return the times of each view on both databases."""
    table = Table(
        "milliseconds: median (worst), CPU", title=f"Status page, {SHOPS:,} shops"
    )
    columns = []
    for name, place in DATABASES.items():
        with place() as url:
            columns.append(_run(url))
        table.add_column(name, justify="right")
    for view in (*VIEWS, METRICS, METRICS_PER_SHOP):
        table.add_row(view, *(_shown(column[view]) for column in columns))
    return table


def _run(url: str) -> dict[str, Took]:
    with TemporaryDirectory(prefix="bench-") as home, running_valkey() as (_, valkey):
        database = Database(url)
        upgrade(database)
        fill(database)
        database.close()
        here = build_runtime(
            Settings(
                home=Path(home),
                database_url=url,
                redis_url=valkey,
                encryption_keys=_KEY,
            )
        )
        try:
            return dict(_views(here))
        finally:
            here.close()


def _views(here: Runtime) -> Iterator[tuple[str, Took]]:
    history = BudgetHistory(here)
    for name, query in VIEWS.items():
        wish = read_wish(QueryParams(query))
        yield name, _time(lambda: page("status.html", **content(here, history, wish)))  # noqa: B023 -- called at once
    yield METRICS, _time(lambda: _scrape(here))
    metrics = MetricsSettings(per_shop=True)
    talkative = replace(
        here, settings=here.settings.model_copy(update={"metrics": metrics})
    )
    yield METRICS_PER_SHOP, _time(lambda: _scrape(talkative))


def _scrape(here: Runtime) -> bytes:
    registry = CollectorRegistry()
    registry.register(InstallationCollector(here, {}))
    return generate_latest(registry)


def _time(make: Callable[[], object]) -> Took:
    times, cpu = [], []
    for _ in range(_RUNS + 1):
        started, cpu_started = time.perf_counter(), time.process_time()
        make()
        times.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - cpu_started) * 1000)
    # The first one compiles templates and statements.
    return Took(median=median(times[1:]), worst=max(times), cpu=median(cpu[1:]))


def _shown(took: Took) -> str:
    return f"{took.median:,.0f} ({took.worst:,.0f}), {took.cpu:,.0f}"


def fill(database: Database) -> None:
    """Write ten thousand shops of as many sellers, as an installation has them."""
    sealed = Fernet(_KEY).encrypt(b"made up")
    with database.write() as connection:
        connection.execute(
            insert(apps).values(
                app_id=_APP_ID,
                marketplace="tiktok_shop",
                zone="default",
                app_key="bench",
                created_at=_NOW,
            )
        )
        connection.execute(
            insert(authorizations), [_authorization(n, sealed) for n in range(SHOPS)]
        )
        connection.execute(insert(shops), [_shop(n) for n in range(SHOPS)])
        connection.execute(
            insert(streams),
            [_stream(n, name) for n in range(SHOPS) for name in ("orders", "products")],
        )
        connection.execute(
            insert(slices),
            [
                _slice(n, name, part)
                for n in range(SHOPS)
                for name in ("orders", "products")
                for part in range(_SLICES_PER_STREAM)
            ],
        )
        connection.execute(
            insert(reconciles),
            [
                {"shop_key": _key(n), "stream": name, "finished_at": _NOW, "result": {}}
                for n in range(SHOPS)
                for name in ("orders", "products")
            ],
        )
        connection.execute(
            insert(events),
            [
                {
                    "at": _NOW,
                    "name": "pull_failed" if n % 2 == 0 else "authorization_active",
                    "app_id": _APP_ID,
                    "detail": {"subject": f"seller-{n}", "reason": "made up"},
                }
                for n in range(SHOPS * 2)
            ],
        )


def _key(number: int) -> str:
    return f"tiktok_shop:default:{7_495_000_000_000 + number}"


def _authorization(number: int, sealed: bytes) -> dict[str, object]:
    dead = number % 200 == 0
    return {
        "id": number + 1,
        "app_id": _APP_ID,
        "subject": f"seller-{number}",
        "name": f"Seller {number}",
        "state": "needs_reauthorization" if dead else "active",
        "sealed_access_token": sealed,
        "sealed_refresh_token": sealed,
        "access_expires_at": _NOW + timedelta(minutes=number),
        "refresh_expires_at": _NOW + timedelta(hours=number),
        "refreshed_at": _NOW,
        "refresh_at": None if dead else _NOW + timedelta(minutes=number),
        "version": 1,
        "last_error": "refresh: code 36004005: revoked" if dead else None,
        "created_at": _NOW,
    }


def _shop(number: int) -> dict[str, object]:
    return {
        "shop_key": _key(number),
        "authorization_id": number + 1,
        "marketplace": "tiktok_shop",
        "zone": "default",
        "shop_id": str(7_495_000_000_000 + number),
        "name": f"Shop {number}",
        "region": "GB",
        "created_at": _NOW,
    }


def _stream(number: int, name: str) -> dict[str, object]:
    dead, failing, late = number % 200 == 0, number % 97 == 0, number % 31 == 0
    return {
        "shop_key": _key(number),
        "stream": name,
        "watermark": _NOW - timedelta(seconds=7200 if late else number % 300),
        "next_run_at": None if dead else _NOW + timedelta(seconds=number % 300),
        "advanced_at": _NOW,
        "live_from": _NOW - timedelta(days=30),
        "shown": b"",
        "failures": 3 if failing else 0,
        "last_error": "RetryLater: search: code 500" if failing else None,
    }


def _slice(number: int, name: str, part: int) -> dict[str, object]:
    done = number % 10 != 0
    return {
        "shop_key": _key(number),
        "stream": name,
        "window_start": _NOW - timedelta(days=part + 31),
        "window_end": _NOW - timedelta(days=part + 30),
        "shown": b"",
        "next_run_at": None if done else _NOW,
        "done_at": _NOW if done else None,
    }
