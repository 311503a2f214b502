"""`/healthz`: this process is alive. `/readyz`: what it needs is there, or why it is not."""

import redis
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from worker.domain.errors import OperatorError
from worker.runtime import Runtime
from worker.store.upgrade import require_newest


def routes(here: Runtime) -> list[BaseRoute]:
    """Return the two addresses; both are for machines and need no password."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"ok": True})

    def readyz(_: Request) -> Response:
        reasons = _reasons(here)
        return JSONResponse(
            {"ok": not reasons, "reasons": reasons},
            status_code=503 if reasons else 200,
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _reasons(here: Runtime) -> list[str]:
    """Return why this installation cannot work now; nothing in it names a host."""
    reasons = []
    try:
        here.database.check()
        require_newest(here.database)
    except OperatorError as error:
        reasons.append(_without_place(str(error)))
    try:
        here.redis.ping()
    except redis.RedisError as error:
        reasons.append(f"Redis does not answer ({type(error).__name__})")
    return reasons


def _without_place(line: str) -> str:
    # Anybody may ask, and need not learn where the database is.
    return "the database does not answer" if "does not answer" in line else line
