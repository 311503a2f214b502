"""The web face: which address leads where.

Endpoints that work on the database or call a marketplace are plain functions: Starlette
runs them in its threads, so none of them holds up the others.
"""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from worker.runtime import Runtime
from worker.web import health


def build_app(here: Runtime) -> Starlette:
    """Return the application; the runtime is the caller's to close."""
    return Starlette(routes=routes(here))


def routes(here: Runtime) -> list[BaseRoute]:
    """Return all addresses; a part of the web face adds its own here, in one line."""
    return [
        *health.routes(here),
    ]
