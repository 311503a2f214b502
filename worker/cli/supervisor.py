"""Start the processes of an installation, start again those that die, stop them all."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from os import killpg
from pathlib import Path
from threading import Event
from typing import IO

import structlog

log = structlog.get_logger(__name__)

# Doubled for each short life in a row.
_FIRST_RESTART = 1.0  # seconds
_LONGEST_RESTART = 30.0  # seconds
# A process that lived this long was well.
_LONG_LIFE = 30.0  # seconds
# Workers finish the page they are at.
GRACE = 25.0  # seconds
_LOOK_EVERY = 0.1  # seconds
_PATIENT = Event()
_LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the installation: a Python module with its arguments."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()


@dataclass(slots=True)
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    started_at: float
    short_lives: int = 0
    # Set while a dead process waits for its restart.
    restart_at: float | None = field(default=None)


def start_part(
    part: Part, *, out: IO[bytes] | int | None = None, log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a part on a leash; without files it prints and logs to where we do."""
    return subprocess.Popen(  # noqa: S603 -- our own programs
        [sys.executable, "-P", str(_LEASH), part.module, *part.arguments],
        # The leash: it breaks when this process ends, however that happens.
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=log,
        # Ctrl-C in a terminal reaches only us; we stop the parts in peace.
        start_new_session=True,
    )


class Supervisor:
    """Keeps parts running between `start` and `stop`; call `look` every second or so."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        start: Callable[[Part], subprocess.Popen[bytes]] = start_part,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._start = start
        self._monotonic = monotonic
        self._running: list[_Running] = []

    def start(self) -> None:
        """Start every part."""
        for part in self._parts:
            process = self._start(part)
            self._running.append(_Running(part, process, self._monotonic()))
            log.info("part_started", part=part.name, pid=process.pid)

    def look(self) -> None:
        """Start again what has ended, later each time it does not live long."""
        for running in self._running:
            now = self._monotonic()
            if running.restart_at is None:
                if running.process.poll() is not None:
                    self._plan_restart(running, now)
            elif now >= running.restart_at:
                running.process = self._start(running.part)
                running.started_at, running.restart_at = now, None
                log.info(
                    "part_restarted", part=running.part.name, pid=running.process.pid
                )

    def stop(
        self,
        *,
        grace: float = GRACE,
        in_a_hurry: Callable[[float], object] = _PATIENT.wait,
    ) -> list[str]:
        """Ask every part to end, end those that do not and return their names.

        Safe to call twice.

        `in_a_hurry` waits for some seconds and says whether the grace is over already.
        """
        give_up = self._monotonic() + grace
        for running in self._running:
            _send(running.process, signal.SIGTERM)
        while any(running.process.poll() is None for running in self._running):
            if in_a_hurry(_LOOK_EVERY) or self._monotonic() > give_up:
                break
        killed = []
        for running in self._running:
            if running.process.poll() is None:
                killed.append(running.part.name)
                log.warning("part_killed", part=running.part.name)
                _send(running.process, signal.SIGKILL)
            status = running.process.wait()
            if running.process.stdin is not None:
                running.process.stdin.close()
            log.info("part_stopped", part=running.part.name, status=status)
        self._running.clear()
        return killed

    def _plan_restart(self, running: _Running, now: float) -> None:
        lived = now - running.started_at
        running.short_lives = 0 if lived >= _LONG_LIFE else running.short_lives + 1
        doublings = min(max(running.short_lives - 1, 0), 10)
        wait = min(_FIRST_RESTART * 2**doublings, _LONGEST_RESTART)
        running.restart_at = now + wait
        if running.process.stdin is not None:
            running.process.stdin.close()
        log.error(
            "part_ended",
            part=running.part.name,
            status=running.process.returncode,
            lived_seconds=round(lived, 1),
            restart_in_seconds=wait,
        )


def _send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a part and whatever it started: it leads its own group."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            killpg(process.pid, number)


def celery_parts() -> tuple[Part, ...]:
    """Return the workers and the beat; refreshes never wait behind pulls."""
    return (
        _celery("core", "worker", *_worker("core", "tick,tokens,webhooks", threads=8)),
        _celery("pull", "worker", *_worker("pull", "pull,backfill", threads=16)),
        _celery("beat", "beat"),
    )


def web_part() -> Part:
    """Return the web face."""
    return Part(name="web", module="worker.cli", arguments=("web",))


def _celery(name: str, *arguments: str) -> Part:
    # Quiet: the banner is no log line.
    return Part(
        name=name, module="celery", arguments=("-q", "-A", "worker.app", *arguments)
    )


def _worker(name: str, queues: str, *, threads: int) -> tuple[str, ...]:
    return (
        *("-n", f"{name}@%h", "-Q", queues, "-c", str(threads)),
        # Workers need not know each other; asking around only delays their start.
        *("--without-mingle", "--without-gossip", "-E"),
    )
