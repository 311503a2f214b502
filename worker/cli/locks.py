"""Files that processes lock: the system gives a lock back however its holder ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import TextIO


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold a lock together with others; wait while somebody has it alone."""
    with path.open("a") as file:
        flock(file, LOCK_SH)
        yield


@contextmanager
def alone(path: Path) -> Iterator[TextIO | None]:
    """Hold a lock alone and give its file, or give None if anybody has it."""
    with path.open("a+") as file:
        yield file if _taken(file, LOCK_EX) else None


def is_free(path: Path) -> bool:
    """Whether nobody holds this lock right now."""
    with path.open("a") as file:
        return _taken(file, LOCK_EX)


def is_shared(path: Path) -> bool:
    """Whether somebody holds this lock, and would share it."""
    with path.open("a") as file:
        if _taken(file, LOCK_EX):
            return False
        return _taken(file, LOCK_SH)


def _taken(file: TextIO, kind: int) -> bool:
    try:
        flock(file, kind | LOCK_NB)
    except BlockingIOError:
        return False
    return True
