"""The encryption keys: configured, or made once in a file that only this user can read."""

import os
from pathlib import Path

from cryptography.fernet import Fernet

from worker.domain.errors import OperatorError
from worker.store.sealing import Sealer


def open_sealer(configured: str | None, key_file: Path) -> Sealer:
    """Return a sealer for the configured keys, else for the key file; it is made if missing.

    Raises:
        OperatorError: a key is not usable, or the file cannot be made or read.
    """
    if configured is not None:
        return Sealer(_split(configured))
    try:
        if not key_file.exists():
            _make(key_file)
        return Sealer(_split(key_file.read_text()))
    except OSError as error:
        raise OperatorError(
            f"the key file {key_file} cannot be used ({error.strerror}); "
            "correct SELLERSYNC_HOME or set SELLERSYNC_ENCRYPTION_KEYS"
        ) from None


def add_newest_key(key_file: Path) -> None:
    """Put a new key in front of the file's keys; the old ones still open what they sealed."""
    keys = [Fernet.generate_key().decode(), *_split(key_file.read_text())]
    _write(key_file.with_suffix(".new"), keys)
    key_file.with_suffix(".new").replace(key_file)


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


def _write(path: Path, keys: list[str]) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(",".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _split(text: str) -> tuple[str, ...]:
    keys = tuple(
        key.strip() for key in text.replace("\n", ",").split(",") if key.strip()
    )
    if not keys:
        raise OperatorError(
            "no encryption key is set; leave SELLERSYNC_ENCRYPTION_KEYS away or give one"
        )
    return keys
