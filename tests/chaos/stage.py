"""Everything that an installation has, on one machine, for as long as the faults last."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import requests

from tests.chaos.crew import ROOT, Crew, beat, worker
from tests.chaos.valkey import Valkey, free_port
from worker.cli.supervisor import Part
from worker.store.database import Database

# Intervals of a busy installation, and the times after which each fault is noticed.
PACE = {
    "ORDERS__EVERY": "2s",
    "PRODUCTS__EVERY": "4s",
    "TOKENS__CHECK_EVERY": "10s",
    "TOKENS__LEASE": "15s",
    "SCHEDULE__TICK_EVERY": "1s",
    "SCHEDULE__PULL_DEADLINE": "8s",
    "SCHEDULE__LEASE": "15s",
    "SCHEDULE__VISIBILITY_TIMEOUT": "30s",
    "SCHEDULE__DEAF_AFTER": "15s",
    "SCHEDULE__CANARY_EVERY": "4s",
    "HTTP__CONNECT_TIMEOUT": "3s",
    "HTTP__READ_TIMEOUT": "5s",
    "HTTP__DEADLINE": "8s",
    "BUDGET__PAD": "100ms",
    "LOG__FORMAT": "json",
}
WORKERS = ("worker-a", "worker-b", "worker-c")
BEATS = ("beat-a", "beat-b")


class Wire:
    """The proxy in front of Valkey."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.proxy", str(self.port), str(target)],
            cwd=ROOT,
        )

    def go_dead(self) -> None:
        """Let what is open swallow everything."""
        self._process.send_signal(signal.SIGUSR1)

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Sandbox:
    """The marketplaces."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "worker.cli", "sandbox", "--json"),
                *("--port", "0", *options),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        told = orjson.loads(self._process.stdout.readline())
        self._url: str = told["url"]
        self.environment: dict[str, str] = told["environment"]

    def get(self, path: str) -> Any:
        """Return one of its pages."""
        return requests.get(f"{self._url}{path}", timeout=30).json()

    def control(self, **orders: object) -> None:
        """Tell it what to do."""
        requests.post(
            f"{self._url}/control", json=orders, timeout=30
        ).raise_for_status()

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What faults happen to."""

    home: Path
    environment: dict[str, str]
    valkey: Valkey
    wire: Wire
    sandbox: Sandbox
    crew: Crew
    # To look into; the processes have connections of their own.
    database: Database

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a `sellersync` command, which must succeed; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "worker.cli", *arguments],
            env=self.environment,
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def connect_everybody(self) -> None:
        """Connect every seller of the sandbox."""
        sellers = self.sandbox.get("/sellers")
        for seller in sellers["tiktok_shop"]["sellers"]:
            self.run(
                "connect", "tiktok-shop", "--auth-code", "-", given=seller["auth_code"]
            )
        for zone, found in sellers["temu"].items():
            for mall in found["malls"]:
                self.run(
                    *("connect", "temu", "--zone", zone, "--access-token", "-"),
                    given=mall["access_token"],
                )


@contextmanager
def staged(
    database_url: str,
    *,
    sandbox_options: Sequence[str],
    parts: Sequence[Part] | None = None,
    **settings: str,
) -> Iterator[Stage]:
    """Start everything and connect the sellers; at the end nothing is left.

    With `CHAOS_KEEP` set the home folder stays, with everybody's log.
    """
    home = Path(tempfile.mkdtemp(prefix="ss-", dir="/tmp"))
    sandbox = Sandbox(*sandbox_options)
    valkey = Valkey(home)
    valkey.start()
    wire = Wire(valkey.port)
    outside = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SELLERSYNC_")
    }
    named = {
        f"SELLERSYNC_{name}": value for name, value in {**PACE, **settings}.items()
    }
    environment = {
        **outside,
        **sandbox.environment,
        **named,
        "SELLERSYNC_HOME": str(home),
        "SELLERSYNC_DATABASE_URL": database_url,
        "SELLERSYNC_REDIS_URL": f"redis://127.0.0.1:{wire.port}/0",
        "NO_PROXY": "127.0.0.1",
    }
    if parts is None:
        parts = [*(worker(name) for name in WORKERS), *(beat(name) for name in BEATS)]
    crew = Crew(parts, environment=environment, home=home)
    database = Database(database_url)
    stage = Stage(
        home=home,
        environment=environment,
        valkey=valkey,
        wire=wire,
        sandbox=sandbox,
        crew=crew,
        database=database,
    )
    try:
        stage.run("db", "upgrade")
        # The proxy may need a moment.
        Event().wait(0.5)
        crew.start()
        stage.connect_everybody()
        yield stage
    finally:
        crew.stop()
        database.close()
        wire.end()
        valkey.thaw()
        valkey.end(signal.SIGKILL)
        sandbox.end()
        if "CHAOS_KEEP" not in os.environ:
            shutil.rmtree(home, ignore_errors=True)
