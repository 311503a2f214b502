"""`sellersync web`: the web face alone."""

from importlib import import_module

import typer

from config.embedded import uses_embedded_broker
from config.logging import configure_logging
from config.settings import settings
from worker.cli.broker import available_broker

_EXAMPLE = """Example:

    SELLERSYNC_WEB__PORT=8080 sellersync web"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("web", epilog=_EXAMPLE)(web)


def web() -> None:
    """Serve the status page, sellers' callbacks, health and metrics until Ctrl-C.

    It listens on SELLERSYNC_WEB__HOST and SELLERSYNC_WEB__PORT (127.0.0.1:8000).
    """
    configured = settings()
    configure_logging(configured.log)
    # By its name: command line and web face stand side by side and do not know each other.
    serving = import_module("worker.web.serving")
    if uses_embedded_broker(configured):
        with available_broker(configured):
            serving.serve(configured)
    else:
        # A Redis that is away is told by /readyz; the pages are of use without it.
        serving.serve(configured)
