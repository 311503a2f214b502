"""Everything that the demonstration runs on, in a temporary home, gone at the end."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from config.logging import configure_logging
from config.settings import Settings
from worker.cli.broker import Revive, available_broker
from worker.cli.demonstration.console import SandboxConsole
from worker.cli.supervisor import Part, Supervisor, celery_parts, start_part
from worker.domain.errors import OperatorError
from worker.runtime import Runtime, build_runtime

_PREFIX = "SELLERSYNC_"
# Everything happens every few seconds, so that there is something to see.
_PACE = {
    "ORDERS__EVERY": "2s",
    "PRODUCTS__EVERY": "3s",
    "SCHEDULE__TICK_EVERY": "500ms",
    "TOKENS__CHECK_EVERY": "5s",
    # The sandbox counts strictly, and it shares a busy machine with those it counts.
    "BUDGET__PAD": "100ms",
    "LOG__FORMAT": "json",
}
_GRACE = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running parts."""

    home: Path
    here: Runtime
    console: SandboxConsole
    supervisor: Supervisor
    revive_broker: Revive

    def look_after(self) -> None:
        """Start again what has died."""
        self.supervisor.look()
        self.revive_broker()


class _Address(BaseModel):
    url: str
    environment: dict[str, str]


@contextlib.contextmanager
def set_stage(*, token_seconds: int, churn: float, keep: bool) -> Iterator[Stage]:
    """Start sandbox, broker, workers and beat; stop them and remove the home at the end.

    Raises:
        OperatorError: something does not start.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_temporary_home(keep=keep))
        log = stack.enter_context((home / "log").open("ab"))
        address = stack.enter_context(_sandbox(log, token_seconds, churn))
        stack.enter_context(contextlib.chdir(home))
        _adopt(address.environment, home)
        configured = Settings()
        configure_logging(configured.log, stream=TextIOWrapper(log, write_through=True))
        revive_broker = stack.enter_context(available_broker(configured))
        here = build_runtime(configured)
        stack.callback(here.close)
        console = SandboxConsole(address.url)
        stack.callback(console.close)
        start = partial(start_part, out=log, log=log)
        supervisor = Supervisor(celery_parts(), start=start)
        stack.callback(supervisor.stop, grace=_GRACE)
        supervisor.start()
        yield Stage(
            home=home,
            here=here,
            console=console,
            supervisor=supervisor,
            revive_broker=revive_broker,
        )


@contextlib.contextmanager
def _temporary_home(*, keep: bool) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="sellersync-demo-"))
    try:
        yield home
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _sandbox(log: BinaryIO, token_seconds: int, churn: float) -> Iterator[_Address]:
    arguments = (
        *("sandbox", "--json", "--port", "0"),
        *("--token-lifetime", f"{token_seconds}s", "--churn", str(churn)),
    )
    part = Part(name="sandbox", module="worker.cli", arguments=arguments)
    process = start_part(part, out=subprocess.PIPE, log=log)
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 -- asked for above
            told = process.stdout.readline()
            if not told:
                raise OperatorError("the sandbox does not start; `sellersync sandbox`")
            yield _Address.model_validate_json(told)
        finally:
            process.terminate()


def _adopt(environment: Mapping[str, str], home: Path) -> None:
    """Make this process, and those that it starts, work for the sandbox and nothing else.

    What is configured outside stays out of it: a demonstration must not touch anybody's
    database. The working directory, where a `.env` may lie, has been left already.
    """
    for name in [name for name in os.environ if name.upper().startswith(_PREFIX)]:
        del os.environ[name]
    os.environ.update(environment)
    os.environ.update({f"{_PREFIX}{name}": value for name, value in _PACE.items()})
    os.environ[f"{_PREFIX}HOME"] = str(home)
    # A proxy cannot reach this machine's own sandbox.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
