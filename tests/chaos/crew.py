"""The workers and beats, kept running by the supervisor of `sellersync up`."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

from worker.cli import supervisor
from worker.cli.supervisor import Part, Supervisor

ROOT = Path(__file__).parents[2]
_LEASH = Path(supervisor.__file__).with_name("leash.py")
_LOOK_EVERY = 0.2  # seconds


class Crew:
    """Processes by name; whoever dies is replaced until `stop`."""

    def __init__(
        self, parts: Sequence[Part], *, environment: Mapping[str, str], home: Path
    ) -> None:
        self._environment = environment
        self._home = home
        # What the next process of a name finds in its environment besides.
        self.besides: dict[str, Mapping[str, str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._supervisor = Supervisor(parts, start=self._start)
        self._over = Event()
        self._keeper = Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        """Start all of them."""
        self._supervisor.start()
        self._keeper.start()

    def stop(self) -> list[str]:
        """Ask all of them to end, as the supervisor does; return those that had to be killed."""
        self._over.set()
        self._keeper.join()
        return self._supervisor.stop()

    def names(self, kind: str = "") -> list[str]:
        """Return the names of the processes of a kind."""
        return sorted(name for name in self._processes if name.startswith(kind))

    def pid(self, name: str) -> int:
        """Return the process that has a name now."""
        return self._processes[name].pid

    def alive(self) -> bool:
        """Whether all of them run."""
        return all(process.poll() is None for process in self._processes.values())

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one of them."""
        os.kill(self.pid(name), number)

    def log(self, name: str) -> Path:
        """Return the file that a process logs to."""
        return self._home / f"{name}.log"

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        with self.log(part.name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", str(_LEASH), part.module, *part.arguments],
                env={**self._environment, **self.besides.get(part.name, {})},
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes[part.name] = process
        return process

    def _keep(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            self._supervisor.look()


def worker(name: str, *, app: str = "worker.app", threads: int = 8) -> Part:
    """Return a worker that serves every queue."""
    return Part(
        name=name,
        module="celery",
        arguments=(
            *("-q", "-A", app, "worker", "-n", f"{name}@%h", "-c", str(threads)),
            *("--without-mingle", "--without-gossip", "-E"),
        ),
    )


def beat(name: str, *, app: str = "worker.app") -> Part:
    """Return a beat."""
    return Part(name=name, module="celery", arguments=("-q", "-A", app, "beat"))
