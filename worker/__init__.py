"""The system behind the tasks; layers import downward only (docs/architecture.md)."""

import sys
from importlib import import_module

# Libraries, and what they load wherever they find it, to no use here: rich is for tracebacks
# with the values of variables, which no log of ours may show, tornado for its own coroutines.
# Together 5 MB of memory in each process.
_FRUGALLY = {"structlog": "rich", "tenacity": "tornado"}


def _import_without(library: str, other: str) -> None:
    """Import a library as if another one, which is there for others, were not installed."""
    known = sys.modules.get(other)
    # Python's way to say so. https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules[other] = None  # type: ignore[assignment]
    try:
        import_module(library)
    finally:
        del sys.modules[other]
        if known is not None:
            sys.modules[other] = known


for _library, _other in _FRUGALLY.items():
    _import_without(_library, _other)
