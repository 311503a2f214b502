"""Progress of several shops: live lines on a terminal, nothing elsewhere."""

from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


class ShopProgress:
    """One line for each shop at work and one for all; may be told from several threads."""

    def __init__(self, title: str, *, shops: int) -> None:
        # On standard error: standard output is for the result.
        console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[now]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._shops = shops
        self._all = self._progress.add_task(title, total=None, now=f"0 of {shops}")
        self._lines: dict[str, TaskID] = {}
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
        rows: int = 0,
        total: int | None = None,
        watermark: datetime | None = None,
        now: str = "",
    ) -> None:
        """Tell how far a shop is; `now` is what happens instead of reading rows."""
        if shop_key not in self._lines:
            line = self._progress.add_task(shop_key, total=None, now="")
            self._lines[shop_key] = line
        counted = f"{rows} rows" if total is None else f"{rows} of {total} rows"
        reached = f", complete until {watermark:%Y-%m-%d %H:%M}" if watermark else ""
        self._progress.update(self._lines[shop_key], now=now or counted + reached)

    def done(self, shop_key: str) -> None:
        """Tell that a shop needs no line any more."""
        if shop_key in self._lines:
            self._progress.remove_task(self._lines.pop(shop_key))
        self._done.add(shop_key)
        self._progress.update(self._all, now=f"{len(self._done)} of {self._shops}")
