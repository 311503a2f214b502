"""Progress of several shops: bars with rate and time left on a terminal, nothing elsewhere."""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from worker.cli.pace import Pace

# More would scroll away.
_MOST_LINES = 8


class ShopProgress:
    """One bar for each shop at work and one for all; may be told from several threads."""

    def __init__(
        self,
        title: str,
        *,
        shops: int,
        console: Console | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        # On standard error: standard output is for the result.
        console = console or Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[now]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._clock = clock
        self._shops = shops
        self._all = self._progress.add_task(title, total=shops, now=f"0 of {shops}")
        self._pace = Pace(clock=clock)
        self._lines: dict[str, TaskID] = {}
        self._paces: dict[str, Pace] = {}
        self._rows: dict[str, int] = {}
        self._shares: dict[str, float] = {}
        self._done: set[str] = set()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(
        self,
        shop_key: str,
        *,
        rows: int | None = None,
        share: float | None = None,
        now: str = "",
    ) -> None:
        """Tell how far a shop is; `share` is between 0 and 1, what is None is as before.

        `now` is said beside it: what the shop waits for, or what is left.
        """
        self._rows[shop_key] = self._rows.get(shop_key, 0) if rows is None else rows
        if share is not None:
            self._shares[shop_key] = share
        pace = self._paces.setdefault(shop_key, Pace(clock=self._clock))
        done = self._shares.get(shop_key)
        pace.reached(rows=self._rows[shop_key], share=done or 0.0)
        line = self._line(shop_key)
        if line is not None:
            told = _told(self._rows[shop_key], pace, now)
            if done is None:
                self._progress.update(line, now=told)
            else:
                self._progress.update(line, total=1.0, completed=done, now=told)
        self._show_all()

    def done(self, shop_key: str) -> None:
        """Tell that a shop needs no line any more."""
        if shop_key in self._lines:
            self._progress.remove_task(self._lines.pop(shop_key))
        self._done.add(shop_key)
        self._shares[shop_key] = 1.0
        self._show_all()

    def _line(self, shop_key: str) -> TaskID | None:
        if shop_key not in self._lines:
            if len(self._lines) >= _MOST_LINES:
                return None
            # No total yet: the bar only says that something goes on.
            added = self._progress.add_task(shop_key, total=None, now="")
            self._lines[shop_key] = added
        return self._lines[shop_key]

    def _show_all(self) -> None:
        finished = sum(self._shares.values())
        rows = sum(self._rows.values())
        self._pace.reached(rows=rows, share=finished / max(self._shops, 1))
        shops = f"{len(self._done)} of {self._shops} shops"
        self._progress.update(
            self._all, completed=finished, now=_told(rows, self._pace, shops)
        )


def _told(rows: int, pace: Pace, now: str) -> str:
    parts = [now] if now else []
    if rows:
        parts.append(f"{rows:,} rows")
    if pace.rows_per_second is not None:
        parts.append(f"{pace.rows_per_second:,.0f} rows/s")
    if pace.time_left is not None:
        parts.append(f"{pace.time_left} left")
    return ", ".join(parts)
