"""A file that is there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from worker.domain.errors import OperatorError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when all of it is written; who is killed leaves a `.part`.

    Raises:
        OperatorError: there can be no such file.
        OSError: it cannot be written; what had the name before is still there.
    """
    if path.is_dir():
        raise OperatorError(f"{path} is a folder; add the name of a file to --output")
    if not path.parent.is_dir():
        raise OperatorError(f"there is no folder {path.parent}; make it first")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
