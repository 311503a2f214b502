"""A Valkey on a port, whose process can be ended, frozen and started again."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from threading import Event

import redis

from worker.cli.embedded_broker import server_binary

_CONFIG = """\
port {port}
bind 127.0.0.1
dir {folder}
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Valkey:
    """The server; its data survives its process."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "valkey.conf"
        self._config.write_text(_CONFIG.format(port=self.port, folder=folder))
        self._log = folder / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=self.port, socket_timeout=2)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [server_binary(), str(self._config)], stdout=log, stderr=log
            )
        while not self._answers():
            Event().wait(0.05)

    def end(self, number: signal.Signals) -> None:
        """End its process, politely or not."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()

    def freeze(self) -> None:
        """Let it stand still, with all its connections open."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def drop_clients(self) -> None:
        """Cut every connection but the one that says so."""
        for kind in ("normal", "pubsub"):
            self.client.execute_command("CLIENT", "KILL", "TYPE", kind)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False
