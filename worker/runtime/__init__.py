"""The composition root: what one process needs, and what it can do with it."""

from worker.runtime.building import (
    build_runtime,
    make_home,
    open_database,
    runtime,
)
from worker.runtime.parts import stopping
from worker.runtime.process import Runtime
from worker.runtime.shops import unknown_shop

__all__ = [
    "Runtime",
    "build_runtime",
    "make_home",
    "open_database",
    "runtime",
    "stopping",
    "unknown_shop",
]
