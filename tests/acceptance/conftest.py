"""Real commands in homes of their own, against real sandbox processes; nothing stays behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import pytest
import requests

from worker.domain.records import Stream
from worker.store.authorizations import all_authorizations
from worker.store.database import Database
from worker.store.export import export
from worker.store.keyring import open_sealer

ROOT = Path(__file__).parents[2]

Rows = dict[str, dict[str, dict[str, Any]]]


class Sandbox:
    """One running `sellersync sandbox`."""

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        self.url = url
        self.environment = environment

    def get(self, path: str) -> Any:
        """Return one of its pages."""
        return requests.get(f"{self.url}{path}", timeout=30).json()

    def control(self, **orders: object) -> None:
        """Tell it what to do."""
        requests.post(f"{self.url}/control", json=orders, timeout=30).raise_for_status()

    def secrets(self) -> set[str]:
        """Return what must never show up anywhere: app secrets, codes, tokens."""
        sellers = self.get("/sellers")
        apps = [sellers["tiktok_shop"], *sellers["temu"].values()]
        malls = [mall for zone in sellers["temu"].values() for mall in zone["malls"]]
        return (
            {app["app_secret"] for app in apps}
            | {seller["auth_code"] for seller in sellers["tiktok_shop"]["sellers"]}
            | {mall[name] for mall in malls for name in ("code", "access_token")}
        )


class Installation:
    """One home folder and everything that runs on it."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self._started: list[subprocess.Popen[bytes]] = []
        outside = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SELLERSYNC_")
        }
        self.environment = {
            **outside,
            "SELLERSYNC_HOME": str(home),
            "SELLERSYNC_LOG__FORMAT": "json",
            "SELLERSYNC_BUDGET__PAD": "100ms",
            # Installations run beside each other.
            "SELLERSYNC_WEB__PORT": "0",
            **settings,
            # All processes that come from here are known by it, wherever they went.
            "TMPDIR": str(home),
            "NO_PROXY": "127.0.0.1",
        }

    def command(self, *arguments: str) -> list[str]:
        """Return how `sellersync` is called."""
        return [sys.executable, "-m", "worker.cli", *arguments]

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `sellersync` command to its end."""
        return self.run_program(self.command(*arguments), given=given)

    def run_program(
        self, program: list[str], given: str = "", *, folder: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run any program to its end."""
        return subprocess.run(
            program,
            env=self.environment,
            cwd=folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def start(
        self, name: str, program: list[str], *, folder: Path = ROOT
    ) -> "subprocess.Popen[bytes]":
        """Start a program; what it prints and logs goes to a file of this name."""
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                program,
                env=self.environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def said(self, name: str) -> str:
        """Return what a started program has printed and logged so far."""
        return (self.home / f"{name}.log").read_text()

    def processes(self, of: str = "") -> set[int]:
        """Return the living processes of this home whose command line has this in it."""
        mark = f"TMPDIR={self.home}".encode()
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            # They end while we look.
            with contextlib.suppress(OSError):
                environment = (folder / "environ").read_bytes().split(b"\0")
                # A zombie has no command line any more.
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                # Valkey writes its title over its environment; the socket is in it.
                ours = mark in environment or str(self.home) in line
                if ours and line and of in line:
                    found.add(int(folder.name))
        return found

    def kill(self, of: str = "") -> set[int]:
        """Kill processes as hard as it goes, and return which."""
        killed = self.processes(of)
        for number in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return killed

    def end(self) -> None:
        """Kill whatever is left, and remove the home."""
        self.kill()
        for process in self._started:
            process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def stored(self, stream: Stream) -> Rows:
        """Return what the database holds, by shop and id."""
        rows: Rows = {}
        with self.database() as database, database.read() as connection:
            for row in export(connection, stream):
                key = row["order_id" if stream is Stream.ORDERS else "product_id"]
                rows.setdefault(row["shop_key"], {})[key] = row
        return rows

    def holds_truth(self, sandbox: Sandbox, *shop_keys: str) -> bool:
        """Whether orders and products of these shops are what the sandbox says."""
        truth = sandbox.get("/truth")
        return all(
            {key: self.stored(stream).get(key) for key in shop_keys}
            == {key: truth[stream.value][key] for key in shop_keys}
            for stream in Stream
        )

    def secrets(self) -> set[str]:
        """Return the tokens that are stored now, opened, and the key that opens them."""
        key_file = self.home / "encryption.keys"
        sealer = open_sealer(None, key_file)
        with self.database() as database, database.read() as connection:
            found = [
                authorization.credentials(sealer)
                for authorization in all_authorizations(connection)
            ]
        tokens = {
            token
            for credentials in found
            for token in (credentials.access_token, credentials.refresh_token)
        }
        return (tokens | set(key_file.read_text().split())) - {""}

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """Open its database."""
        embedded = f"sqlite:///{self.home / 'sellersync.db'}"
        database = Database(self.environment.get("SELLERSYNC_DATABASE_URL", embedded))
        try:
            yield database
        finally:
            database.close()


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., bool]:
    """Look again and again until something is true, but not for ever."""

    def wait(true: Callable[[], object], *, seconds: float = 40) -> bool:
        give_up = time.monotonic() + seconds
        while not true():
            if time.monotonic() > give_up:
                return False
            Event().wait(0.2)
        return True

    return wait


@pytest.fixture(scope="module")
def new_installation() -> Iterator[Callable[..., Installation]]:
    """Make installations; at the end of the module whatever still runs there is killed."""
    made: list[Installation] = []

    def make(sandbox: Sandbox | None = None, **settings: str) -> Installation:
        # A short folder: a socket's path may have about 100 characters.
        home = Path(tempfile.mkdtemp(prefix="ss-", dir="/tmp"))
        named = {f"SELLERSYNC_{name}": value for name, value in settings.items()}
        environment = {**sandbox.environment, **named} if sandbox else named
        made.append(Installation(home, environment))
        return made[-1]

    yield make
    for installation in made:
        installation.end()


@pytest.fixture(scope="module")
def new_sandbox(
    new_installation: Callable[..., Installation],
) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes; they end with the module."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Sandbox:
        installation = new_installation()
        process = subprocess.Popen(
            installation.command("sandbox", "--json", "--port", "0", *options),
            env=installation.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        told = orjson.loads(process.stdout.readline())
        return Sandbox(told["url"], told["environment"])

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=20)
