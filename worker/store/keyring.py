"""The encryption keys: configured, or made once in a file that only this user can read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from cryptography.fernet import Fernet

from worker.domain.errors import OperatorError
from worker.store.sealing import Keys, Sealer


def open_sealer(configured: str | None, key_file: Path) -> Sealer:
    """Return a sealer for the configured keys, else for the key file; it is made if missing.

    Raises:
        OperatorError: a key is not usable, or the file cannot be made or read.
    """
    if configured is not None:
        return Sealer(_split(configured))
    with _usable(key_file):
        if not key_file.exists():
            _make(key_file)

    def read() -> Keys:
        with _usable(key_file):
            return _split(key_file.read_text())

    return Sealer(read(), newer=read)


def add_newest_key(key_file: Path) -> None:
    """Put a new key in front of the file's keys; the old ones still open what they sealed.

    Raises:
        OperatorError: the file cannot be read or written.
    """
    # Two that add at once would each lose the other's key, and what it has sealed.
    with _usable(key_file), key_file.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        known = _split(key_file.read_text())
        fresh = key_file.with_suffix(".new")
        _write(fresh, [Fernet.generate_key().decode(), *known])
        fresh.replace(key_file)
        # Before anything is sealed with it: the new name must survive a power cut too.
        _sync(key_file.parent)


@contextmanager
def _usable(key_file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OperatorError(
            f"the key file {key_file} cannot be used ({error.strerror}); "
            "correct SELLERSYNC_HOME or set SELLERSYNC_ENCRYPTION_KEYS"
        ) from None


def _make(key_file: Path) -> None:
    key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = key_file.with_suffix(f".{os.getpid()}")
    _write(fresh, [Fernet.generate_key().decode()])
    try:
        # Two processes may start at once: the first link wins, complete or not at all.
        os.link(fresh, key_file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    _sync(key_file.parent)


def _write(path: Path, keys: list[str]) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(",".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _split(text: str) -> Keys:
    keys = tuple(
        key.strip() for key in text.replace("\n", ",").split(",") if key.strip()
    )
    if not keys:
        raise OperatorError(
            "no encryption key is set; leave SELLERSYNC_ENCRYPTION_KEYS away or give one"
        )
    return keys
