"""Where looks are shown: in place on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from worker.cli.demonstration.picture import line, tables
from worker.cli.demonstration.sight import Sight

_LINE_EVERY = 5.0  # seconds


class Screen:
    """Shows looks as they come, while it is open."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._began = time.monotonic()
        self._next_line_at = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(text, highlight=False)

    def show(self, sight: Sight, *, doing: str) -> None:
        """Show a look."""
        if self._console.is_terminal:
            self._live.update(tables(sight, doing=doing), refresh=True)
            return
        passed = time.monotonic() - self._began
        if passed >= self._next_line_at:
            self._next_line_at = passed + _LINE_EVERY
            self._console.print(f"{passed:3.0f} s: {line(sight)}", soft_wrap=True)
