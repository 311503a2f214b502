"""Imports libraries without what they load wherever they find it, to no use here.

Each process of a worker would pay for it with memory.
"""

import sys
import warnings
from importlib import import_module


def import_without(library: str, other: str) -> None:
    """Import a library as if another one, which is there for others, were not installed."""
    known = sys.modules.get(other)
    # Python's way to say so. https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules[other] = None  # type: ignore[assignment]  # None is for "not there"
    try:
        with warnings.catch_warnings(action="ignore"):
            import_module(library)
    finally:
        del sys.modules[other]
        if known is not None:
            sys.modules[other] = known
