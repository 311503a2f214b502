"""`/api/budget`: what each app sends and may send, for the chart of the last minutes."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from worker.overview.status import app_rows
from worker.runtime import Runtime

# How often the budgets are looked at, and how many looks the chart shows: five minutes.
EVERY = 2.0  # seconds
KEPT = 150


class BudgetHistory:
    """What the budgets were in the last minutes, as far as this process has looked."""

    def __init__(self, here: Runtime) -> None:
        self._here = here
        self._looks: deque[tuple[float, list[dict[str, Any]]]] = deque(maxlen=KEPT)

    def look(self) -> None:
        """Remember how the budgets stand."""
        self._looks.append((time.time(), app_rows(self._here)))

    def document(self) -> dict[str, Any]:
        """Return the newest look, and the numbers of those before it."""
        looks = list(self._looks)
        newest = looks[-1][1] if looks else app_rows(self._here)
        return {
            "every": EVERY,
            "kept": KEPT,
            "apps": [
                {
                    **_figures(row),
                    "points": [
                        _point(at, rows[number])
                        for at, rows in looks
                        if number < len(rows)
                    ],
                }
                for number, row in enumerate(newest)
            ],
        }

    @asynccontextmanager
    async def looking(self, _: Starlette) -> AsyncIterator[None]:
        """Look again and again while the web face runs."""
        task = asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            task.cancel()

    async def _look_on(self) -> None:
        while True:
            await run_in_threadpool(self.look)
            await asyncio.sleep(EVERY)


def routes(history: BudgetHistory) -> list[BaseRoute]:
    """Return the address."""

    def budget(_: Request) -> Response:
        return JSONResponse(history.document())

    return [Route("/api/budget", budget)]


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    limits = row["limits"]
    return {
        "app_id": row["app_id"],
        "most": row["requests_per_second"],
        "calls": row["calls_per_second"],
        "allowed": limits[0]["allowed_per_second"] if limits else None,
        "waiting": sum(limit["waiting"] for limit in limits),
        "paused_for": max((limit["paused_for_seconds"] for limit in limits), default=0),
    }


def _point(at: float, row: dict[str, Any]) -> list[float | None]:
    figures = _figures(row)
    return [round(at, 1), figures["calls"], figures["allowed"]]
