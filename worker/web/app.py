"""The web face: which address leads where.

Endpoints that work on the database or call a marketplace are plain functions: Starlette
runs them in its threads, so none of them holds up the others.
"""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from worker.runtime import Runtime
from worker.web import budget, callback, connect, health, metrics, status, webhooks
from worker.web.budget import BudgetHistory
from worker.web.guard import Guard
from worker.web.headers import StrictHeaders
from worker.web.pages import STATIC


def build_app(here: Runtime) -> Starlette:
    """Return the application; the runtime is the caller's to close."""
    history = BudgetHistory(here)
    return Starlette(
        routes=routes(here, history),
        lifespan=history.looking,
        middleware=[
            Middleware(StrictHeaders),
            Middleware(Guard, web=here.settings.web),
        ],
    )


def routes(here: Runtime, history: BudgetHistory) -> list[BaseRoute]:
    """Return all addresses; a part of the web face adds its own here, in one line.

    Those below `/authorize/` and `/webhooks/` are open to everybody (`worker.web.guard`).
    """
    receivers = webhooks.receivers(here)
    return [
        *status.routes(here, history),
        *budget.routes(history),
        *health.routes(here),
        *callback.routes(here),
        *connect.routes(here),
        *webhooks.routes(receivers),
        *metrics.routes(here, receivers),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
