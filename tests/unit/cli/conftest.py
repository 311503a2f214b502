"""The command in this process: its exit status and what it printed."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson
import pytest
import structlog

from config.embedded import key_file
from config.settings import settings
from worker.cli import main
from worker.domain.grants import Grant
from worker.domain.identity import App, Shop
from worker.runtime import open_database
from worker.store import shops
from worker.store.apps import remember_app
from worker.store.database import Database
from worker.store.grants import adopt_grant
from worker.store.keyring import open_sealer

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
APP = App(
    marketplace="temu",
    zone="eu",
    app_key="unit-key",
    app_secret="unit-secret",
    api_url="http://127.0.0.1:9/",
    requests_per_second=10,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    out: bytes
    err: str

    @property
    def document(self) -> Any:
        """The JSON document that it printed."""
        return orjson.loads(self.out)


class Command(Protocol):
    """Runs `sellersync` with arguments."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ended: ...


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a home folder, with no settings but itself and no `.env` near."""
    for name in list(os.environ):
        if name.startswith("SELLERSYNC_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("SELLERSYNC_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def sellersync(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Iterator[Command]:
    """Return the command; it leaves this process's logging as it was."""
    del home  # only has to be there
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["sellersync", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        return Ended(status=int(ended.value.code or 0), out=out, err=err.decode())

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    """Return the database that the command uses too."""
    del home
    opened = open_database(settings())
    yield opened
    opened.close()


@pytest.fixture
def shop_keys(database: Database) -> tuple[str, ...]:
    """Connect two sellers with a shop each; return the keys, the first ends first."""
    sealer = open_sealer(None, key_file(settings()))
    keys = []
    for number in (1, 2):
        grant = Grant(
            subject=f"mall-{number}",
            access_token=f"access-{number}",
            access_expires_at=NOW + timedelta(days=number),
            refresh_token=f"refresh-{number}",
        )
        shop = Shop(marketplace="temu", zone="eu", shop_id=str(number), name="Näme")
        with database.write() as connection:
            remember_app(connection, APP, now=NOW)
            authorization_id = adopt_grant(
                connection, APP, grant, sealer=sealer, now=NOW, refresh_at=NOW
            )
            keys += shops.remember_shops(
                connection, authorization_id, [shop], now=NOW, takes=True
            )
    return tuple(keys)
