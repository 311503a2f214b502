"""The installed command as a process, against a sandbox over HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
import requests

from worker.domain.records import Stream
from worker.marketplaces import marketplaces
from worker.sandbox.environment import settings_environment
from worker.sandbox.options import SandboxOptions
from worker.sandbox.server import running

# Small, and fast enough that the budget is no part of the waiting.
OPTIONS = SandboxOptions(
    orders_per_shop=120, products_per_shop=30, tiktok_rps=200, temu_rps=200
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document that it printed."""
        return orjson.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """The JSON lines that it printed."""
        return [orjson.loads(line) for line in self.out.splitlines()]


def programs_per_core() -> float:
    """Return how much longer things take while other tests run; on a free machine 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One home folder with its settings; calling it runs `sellersync` there."""

    folder: Path
    environment: Mapping[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "worker.cli", *arguments],
            env={**os.environ, **self.environment},
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, stdin: str = "", within: float = 60) -> Ended:
        """Run a command to its end, within so many seconds of a machine of its own."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(stdin, timeout=within * programs_per_core())
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Ended(status=process.returncode, out=out, err=err)

    def but(self, **changed: str) -> "Installation":
        """Return the same installation with other settings."""
        environment = {**self.environment, **changed}
        return Installation(folder=self.folder, environment=environment)

    def without_redis(self) -> "Installation":
        """Return the same installation with the embedded broker."""
        environment = dict(self.environment)
        del environment["SELLERSYNC_REDIS_URL"]
        return Installation(folder=self.folder, environment=environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConsole:
    """What the tests ask of the sandbox's operator."""

    url: str

    def sellers(self) -> Any:
        """Return all sellers, with codes that are valid now."""
        return requests.get(f"{self.url}/sellers", timeout=10).json()

    def truth(self, stream: str) -> dict[str, dict[str, Any]]:
        """Return what the export must hold, by shop and id."""
        shown: dict[str, Any] = requests.get(f"{self.url}/truth", timeout=10).json()
        found: dict[str, dict[str, Any]] = shown[stream]
        return found

    def tell(self, **orders: object) -> None:
        """Change how the marketplaces behave."""
        requests.post(f"{self.url}/control", json=orders, timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """Serve one world to all tests of this folder; keep to installations of your own."""
    with running(OPTIONS) as url:
        yield url


@pytest.fixture
def sandbox(sandbox_url: str) -> SandboxConsole:
    """Return the console of the sandbox."""
    return SandboxConsole(url=sandbox_url)


@pytest.fixture
def settled(sandbox: SandboxConsole) -> None:
    """Wait until a window that opens now reaches the newest rows.

    They changed when the sandbox started, and windows end a lag behind now.
    """
    newest = max(
        row["updated_at"]
        for stream in Stream
        for rows in sandbox.truth(stream.value).values()
        for row in rows.values()
    )
    lag = max(
        rules.lag
        for marketplace in marketplaces().values()
        for rules in marketplace.streams.values()
    )
    left = datetime.fromisoformat(newest) + lag - datetime.now(UTC)
    Event().wait(max(left.total_seconds(), 0))


@pytest.fixture
def sellersync(sandbox_url: str, valkey_url: str, tmp_path: Path) -> Installation:
    """Return a new installation that is pointed at the sandbox and a Redis."""
    return Installation(
        folder=tmp_path,
        environment={
            **settings_environment(sandbox_url, OPTIONS),
            "SELLERSYNC_HOME": str(tmp_path / "home"),
            "SELLERSYNC_REDIS_URL": valkey_url,
        },
    )


@pytest.fixture
def tiktok_shops(sellersync: Installation, sandbox: SandboxConsole) -> list[str]:
    """Connect the first TikTok Shop seller; return the keys of the shops."""
    code = sandbox.sellers()["tiktok_shop"]["sellers"][0]["auth_code"]
    ended = sellersync("connect", "tiktok-shop", "--auth-code", code, "--json")
    return [shop["shop_key"] for shop in ended.document["shops"]]


@pytest.fixture
def mall(sellersync: Installation, sandbox: SandboxConsole) -> str:
    """Connect the European Temu mall; return its key."""
    code = sandbox.sellers()["temu"]["eu"]["malls"][0]["code"]
    ended = sellersync("connect", "temu", "--zone", "eu", "--code", code, "--json")
    key: str = ended.document["shops"][0]["shop_key"]
    return key
