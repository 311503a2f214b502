"""The webhook addresses alone, in a process that the bench starts and may kill.

python -m bench.receiving     # prints its port
"""

import os
import sys

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from config.settings import settings
from worker.runtime import build_runtime
from worker.web.webhooks import receivers, routes


class _Server(uvicorn.Server):
    """Says where it listens."""

    @override
    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # theirs is narrower
        await super().startup(sockets)  # type: ignore[arg-type]  # see above
        sys.stdout.write(f"{self.servers[0].sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()


def main() -> None:
    """Serve until somebody ends it, on the core that the bench names."""
    core = os.environ.get("BENCH_CORE")
    if core:
        os.sched_setaffinity(0, {int(core)})
    app = Starlette(routes=routes(receivers(build_runtime(settings()))))
    _Server(
        uvicorn.Config(
            app, port=0, log_config=None, access_log=False, lifespan="off", ws="none"
        )
    ).run()


if __name__ == "__main__":
    main()
