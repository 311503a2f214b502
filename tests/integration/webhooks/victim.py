"""A process that serves the webhook addresses until it is killed; prints its port."""

import sys

import uvicorn
from starlette.applications import Starlette

from config.settings import settings
from worker.runtime import build_runtime
from worker.web.webhooks import receivers, routes


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets=None):
        """Begin, and say where."""
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- the test reads it


if __name__ == "__main__":
    here = build_runtime(settings())
    app = Starlette(routes=routes(receivers(here, hint=lambda: None)))
    Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off")).run()
    sys.exit(0)
