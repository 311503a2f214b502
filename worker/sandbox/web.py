"""The sandbox over HTTP: both marketplaces, and the pages of the console."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from worker.sandbox.connection import ARRIVED, NoAnswer
from worker.sandbox.consent import (
    ConsentDesk,
    ConsentRefused,
    TemuDesk,
    TikTokShopDesk,
    question,
)
from worker.sandbox.console import sellers, stats
from worker.sandbox.control import NotUnderstood, obey
from worker.sandbox.sandbox import Sandbox
from worker.sandbox.server_date import ServerDate
from worker.sandbox.temu.api import TemuApi
from worker.sandbox.tiktok_shop.api import TikTokShopApi
from worker.sandbox.truth import truth_pieces
from worker.sandbox.wire import HangUp, Incoming

Page = Callable[[Request], Awaitable[Response]]
EVERY_METHOD = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
# How often the world moves on.
TICK = 0.1  # seconds


def create_web(sandbox: Sandbox) -> Starlette:
    """Return the application; the world lives on while it runs."""
    pages = Pages(sandbox)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        life = asyncio.create_task(_live(sandbox))
        yield
        life.cancel()

    routers = [
        Route(
            f"/temu/{zone}/openapi/router",
            pages.marketplace(api),
            methods=EVERY_METHOD,
        )
        for zone, api in sandbox.temu.items()
    ]
    everything_else = Route(
        "/{path:path}", pages.marketplace(sandbox.tiktok_shop), methods=EVERY_METHOD
    )
    return Starlette(
        routes=[
            Route("/healthz", pages.health),
            Route("/sellers", pages.sellers),
            Route("/stats", pages.stats),
            Route("/truth", pages.truth),
            Route("/control", pages.control, methods=["POST"]),
            *_consent_pages(sandbox, pages),
            *routers,
            everything_else,
        ],
        middleware=[Middleware(ServerDate, conditions=sandbox.conditions)],
        lifespan=lifespan,
    )


def _consent_pages(sandbox: Sandbox, pages: "Pages") -> list[Route]:
    desks: dict[str, ConsentDesk] = {
        "/open/authorize": TikTokShopDesk(sandbox.tiktok_shop.market, sandbox.options)
    }
    for zone, api in sandbox.temu.items():
        desks[f"/temu/{zone}/authorization"] = TemuDesk(api.zone, sandbox.options)
    return [
        Route(path, pages.consent(desk), methods=["GET", "POST"])
        for path, desk in desks.items()
    ]


class Pages:
    """The endpoints of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def marketplace(self, api: TikTokShopApi | TemuApi) -> Page:
        """Return the endpoint that answers every call to a marketplace."""

        async def answer(request: Request) -> Response:
            reply = api.answer(await _incoming(request))
            latency = self._sandbox.conditions.latency_seconds
            if latency:
                await asyncio.sleep(latency)
            if isinstance(reply, HangUp):
                return NoAnswer()
            return Response(
                reply.body,
                status_code=reply.status,
                headers=dict(reply.headers),
                media_type=reply.media_type,
            )

        return answer

    async def sellers(self, request: Request) -> Response:
        """Show what is needed to connect every seller."""
        base_url = str(request.base_url).rstrip("/")
        return _json(sellers(self._sandbox, base_url))

    async def stats(self, _: Request) -> Response:
        """Show what the apps sent."""
        return _json(stats(self._sandbox))

    async def truth(self, _: Request) -> Response:
        """Show what a database must hold that is up to date."""
        pieces = truth_pieces(list(self._sandbox.world.shops()))
        return StreamingResponse(_in_turns(pieces), media_type="application/json")

    async def control(self, request: Request) -> Response:
        """Change how the world and the marketplaces behave."""
        try:
            obey(self._sandbox, orjson.loads(await request.body()))
        except (orjson.JSONDecodeError, NotUnderstood) as reason:
            return _json({"error": str(reason)}, status=400)
        return _json({"ok": True})

    def consent(self, desk: ConsentDesk) -> Page:
        """Return the endpoint where sellers of one marketplace give their consent."""

        async def ask(request: Request) -> Response:
            try:
                if request.method != "POST":
                    return HTMLResponse(question(desk, dict(request.query_params)))
                fields = dict(parse_qsl((await request.body()).decode("latin-1")))
                seller = fields.pop("seller", "")
                agrees = fields.pop("decision", "") == "agree"
                return RedirectResponse(
                    desk.way_back(fields, seller, agrees=agrees), status_code=303
                )
            except ConsentRefused as reason:
                return PlainTextResponse(f"{reason}\n", status_code=404)

        return ask

    async def health(self, _: Request) -> Response:
        """Say that the sandbox is up."""
        return _json({"ok": True})


async def _incoming(request: Request) -> Incoming:
    scope = request.scope
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Incoming(
        method=scope["method"],
        path=scope["path"],
        query=dict(query),
        headers=dict(request.headers),
        body=await request.body(),
        # Under another server than ours it is only known now.
        arrived=scope.get("state", {}).get(ARRIVED, time.monotonic()),
    )


async def _live(sandbox: Sandbox) -> None:
    before = time.monotonic()
    while True:
        await asyncio.sleep(TICK)
        now = time.monotonic()
        sandbox.world.live(now - before)
        before = now


async def _in_turns(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)


def _json(content: object, *, status: int = 200) -> Response:
    return Response(
        orjson.dumps(content), status_code=status, media_type="application/json"
    )
