"""One module per command; each has `register(program)`, discovered by name."""

from importlib import import_module
from pkgutil import iter_modules

import typer


def register(program: typer.Typer) -> None:
    """Let every module of this package add its command."""
    for module in sorted(iter_modules(__path__), key=lambda found: found.name):
        import_module(f"{__name__}.{module.name}").register(program)
