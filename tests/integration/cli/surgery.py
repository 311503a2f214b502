"""An installation that a test breaks, and what the doctor says of it."""

import io
import logging
import sys
import time
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import structlog

from config.settings import Settings, settings
from tests.integration.cli.conftest import Ended, Installation, SandboxConsole
from worker.cli import main
from worker.cli.checkup import queues
from worker.runtime import build_runtime
from worker.tokens.connect import connect_by_code, connect_by_token


@dataclass(frozen=True)
class Diagnosis:
    """What one examination came to."""

    status: int
    took: float
    findings: list[dict[str, str]]
    text: str

    def verdicts(self, about: str | None = None) -> dict[str, str]:
        """Return the verdicts by name, of all or of one app or shop."""
        return {
            found["name"]: found["verdict"]
            for found in self.findings
            if about in {None, found["about"]}
        }

    def one(self, name: str, about: str = "") -> dict[str, str]:
        """Return one finding."""
        (found,) = (
            each
            for each in self.findings
            if (each["name"], each["about"]) == (name, about)
        )
        return found


def run_here(installation: Installation, *arguments: str) -> Ended:
    """Run a command in this process, where no worker is waited for: that takes longest."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in installation.environment.items():
            patch.setenv(name, value)
        patch.chdir(installation.folder)
        patch.setattr(sys, "argv", ["sellersync", *arguments])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(queues, "PATIENCE", (0.1,))
        settings.cache_clear()
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            settings.cache_clear()
            root.handlers[:], root.level = handlers, level
            structlog.reset_defaults()
    out.seek(0)
    return Ended(status=int(ended.value.code or 0), out=out.read(), err=err.getvalue())


class Surgery:
    """An installation whose sellers are connected, and the sandbox that it talks to."""

    def __init__(self, installation: Installation, console: SandboxConsole) -> None:
        self.installation = installation
        self.console = console
        self.secrets: set[str] = {"hunter2"}
        self.tiktok: list[Any] = []
        self.malls: dict[str, Any] = {}

    def connect(self) -> None:
        """Connect everybody."""
        sellers = self.console.sellers()
        self.tiktok = sellers["tiktok_shop"]["sellers"]
        self.malls = {zone: app["malls"] for zone, app in sellers["temu"].items()}
        for app in (sellers["tiktok_shop"], *sellers["temu"].values()):
            self.secrets.add(app["app_secret"])
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.installation.environment.items():
                patch.setenv(name, value)
            here = build_runtime(Settings())
        for seller in self.tiktok:
            marketplace, app = here.apps.choose("tiktok_shop", "default")
            connect_by_code(here.desk, marketplace, app, seller["auth_code"])
        for zone, malls in self.malls.items():
            marketplace, app = here.apps.choose("temu", zone)
            for mall in malls:
                self.secrets.add(mall["access_token"])
                connect_by_token(here.desk, marketplace, app, mall["access_token"])
        here.close()

    def doctor(self, *arguments: str, alone: bool = False, **changed: str) -> Diagnosis:
        """Examine; what is true of every examination is asserted here.

        `alone`: in a process of its own, as it is used.
        """
        named = {f"SELLERSYNC_{name}": value for name, value in changed.items()}
        installation = self.installation.but(**named)
        began = time.monotonic()
        run = Installation.__call__ if alone else run_here
        ended = run(installation, "doctor", "--json", *arguments)
        took = time.monotonic() - began
        findings = orjson.loads(ended.out)
        failed = [found for found in findings if found["verdict"] == "fail"]

        assert not [each for each in self.secrets if each in ended.out + ended.err]
        assert "Traceback" not in ended.err
        assert ended.status == (1 if failed else 0)
        assert ended.err.count("\n") == ended.status
        assert [
            found
            for found in findings
            if bool(found["remedy"]) != (found["verdict"] in {"fail", "warn"})
        ] == []
        return Diagnosis(ended.status, took, findings, ended.out)

    def app_id(self, name: str) -> str:
        """Return an app's name as findings have it."""
        keys = self.installation.environment
        variable = f"SELLERSYNC_{name.upper().replace(':', '__')}__APP_KEY"
        zone = "" if ":" in name else ":default"
        return f"{name}{zone}:{keys[variable]}"

    def tiktok_shop(self, seller: int) -> str:
        """Return the key of a seller's first shop."""
        key: str = self.tiktok[seller]["shops"][0]["shop_key"]
        return key

    def mall(self, zone: str, number: int = 0) -> str:
        """Return the key of a mall of a zone."""
        key: str = self.malls[zone][number]["shop_key"]
        return key
