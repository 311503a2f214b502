"""From the bytes of a page of orders to committed rows in all tables.

What is timed is what a worker does between the reply and the commit: read the JSON,
make records, save the progress, write orders, lines, payloads and changes.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from tempfile import gettempdir

from cryptography.fernet import Fernet
from rich.table import Table

from bench.databases import DATABASES
from bench.orders import ORDERS_PER_PAGE, search_reply
from worker.domain.calls import HttpReply
from worker.domain.grants import Grant
from worker.domain.identity import App, Shop
from worker.domain.pages import Page, PageRequest, Window
from worker.domain.records import Stream
from worker.marketplaces.tiktok_shop import MARKETPLACE
from worker.store.apps import remember_app
from worker.store.claims import Claim, claim_stream, save_progress
from worker.store.database import Database
from worker.store.grants import adopt_grant
from worker.store.page_reads import PageRead, log_page_read
from worker.store.pages import write_page
from worker.store.progress import Progress
from worker.store.sealing import Sealer
from worker.store.shops import remember_shops
from worker.store.upgrade import upgrade

_RUNS = 3
_PAGES = 200

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_LATER = datetime(2125, 1, 1, tzinfo=UTC)
_WINDOW = Window(None, _NOW)
_SHOP = Shop(marketplace="tiktok_shop", zone="default", shop_id="7494000000000000001")
_APP = App(
    marketplace="tiktok_shop",
    zone="default",
    app_key="bench",
    app_secret="made up",
    api_url="https://api.example",
    requests_per_second=10,
)
_GRANT = Grant(subject="seller", access_token="made up", access_expires_at=_LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long some pages took."""

    orders: int
    seconds: float
    cpu_seconds: float

    @property
    def orders_per_second(self) -> float:
        """By the clock on the wall: with the waits for the disk or the server."""
        return self.orders / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds of this process alone per 1,000 orders."""
        return self.cpu_seconds / self.orders * 1_000


def measure() -> Table:
    """Return the pace on both databases, the median run of each."""
    table = Table(
        "database",
        "orders/s, first load",
        "CPU s per 1,000",
        "orders/s, unchanged",
        title=f"Pages of {ORDERS_PER_PAGE} orders, median of {_RUNS} runs",
        caption=f"{_PAGES} pages each; files in {gettempdir()} (TMPDIR)",
    )
    for name, place in DATABASES.items():
        runs = []
        for _ in range(_RUNS):
            with place() as url:
                runs.append(_run(url))
        table.add_row(
            name,
            f"{median(first.orders_per_second for first, _ in runs):,.0f}",
            f"{median(first.cpu_per_thousand for first, _ in runs):.3f}",
            f"{median(again.orders_per_second for _, again in runs):,.0f}",
        )
    return table


def _run(url: str) -> tuple[Pace, Pace]:
    """Load all pages into an empty database, then read them all once more."""
    database = Database(url)
    upgrade(database)
    claim = _claimed_stream(database)
    paces = _load(database, claim), _load(database, claim)
    database.close()
    return paces


def _load(database: Database, claim: Claim) -> Pace:
    orders = 0
    seconds = cpu_seconds = 0.0
    for number in range(_PAGES):
        body = search_reply(number)
        started, cpu_started = time.perf_counter(), time.process_time()
        page = _page(body)
        with database.write() as connection:
            progress = Progress(window_end=_NOW, cursor=page.next_cursor)
            save_progress(connection, claim, progress)
            read_id = log_page_read(connection, _read_of(page, claim), now=_NOW)
            write_page(
                connection,
                Stream.ORDERS,
                page.records,
                marketplace=_SHOP.marketplace,
                shop_key=_SHOP.shop_key,
                now=_NOW,
                read_id=read_id,
            )
        seconds += time.perf_counter() - started
        cpu_seconds += time.process_time() - cpu_started
        orders += len(page.records)
    return Pace(orders=orders, seconds=seconds, cpu_seconds=cpu_seconds)


def _read_of(page: Page, claim: Claim) -> PageRead:
    """Return what the log of page reads keeps of a page."""
    return PageRead(
        shop_key=claim.shop_key,
        stream=claim.stream,
        turn=claim.lease_token,
        window_start=None,
        window_end=_NOW,
        section="",
        seen_before=0,
        step="on",
        rows=len(page.records),
        total=page.total,
        calls=[
            ("/order/202309/orders/search", 200, "202203070749000101890810281E8C70B7")
        ],
        milliseconds=300,
    )


def _page(body: bytes) -> Page:
    """Drive the conversation as a worker does, with this body for an answer."""
    conversation = MARKETPLACE.page(
        PageRequest(stream=Stream.ORDERS, shop=_SHOP, window=_WINDOW)
    )
    call = next(conversation)
    payload = MARKETPLACE.read(call, HttpReply(status=200, headers={}, body=body))
    try:
        conversation.send(payload)
    except StopIteration as end:
        page: Page = end.value
        return page
    raise AssertionError("one call is one page")


def _claimed_stream(database: Database) -> Claim:
    sealer = Sealer((Fernet.generate_key().decode(),))
    with database.write() as connection:
        remember_app(connection, _APP, now=_NOW)
        authorization = adopt_grant(
            connection, _APP, _GRANT, sealer=sealer, now=_NOW, refresh_at=_LATER
        )
        remember_shops(connection, authorization, [_SHOP], now=_NOW, takes=True)
        claim = claim_stream(
            connection,
            _SHOP.shop_key,
            Stream.ORDERS,
            token="bench",
            now=_NOW,
            until=_LATER,
        )
    assert claim is not None
    return claim
