"""The `sellersync` command: one module per command, errors in one line."""

from worker.cli.program import main

__all__ = ["main"]
