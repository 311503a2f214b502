"""The rows of one stream of one shop: what is true, and what the marketplace shows."""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Generic, TypeVar

from worker.sandbox.world.records import Order, Product

Row = TypeVar("Row", Order, Product)


class Ledger(Generic[Row]):
    """Keeps the newest version of each row, and indexes the versions that are visible.

    Usually that is the same. Under the scenario `late-rows` a new version is true at
    once but shown only later, with the update time it got when it became true.
    """

    def __init__(self) -> None:
        self.true: dict[str, Row] = {}
        # Told of each version that becomes true, by the row's id.
        self.on_put: Callable[[str], None] | None = None
        self._visible: dict[str, Row] = {}
        self._by_update: list[tuple[int, str]] = []
        self._by_creation: list[tuple[int, str]] = []
        # (visible at, row id, version): heaps compare, so the row itself stays outside.
        self._waiting: list[tuple[float, str, int]] = []
        self._versions: dict[tuple[str, int], Row] = {}

    def put(self, row: Row, *, visible_at: float | None = None) -> None:
        """Make this version of a row true; show it now, or once it is `visible_at`."""
        self.true[row.row_id] = row
        if visible_at is None:
            self._show(row)
        else:
            heapq.heappush(self._waiting, (visible_at, row.row_id, row.version))
            self._versions[row.row_id, row.version] = row
        if self.on_put is not None:
            self.on_put(row.row_id)

    def catch_up(self, now: float) -> None:
        """Show what has become visible by now."""
        while self._waiting and self._waiting[0][0] <= now:
            _, row_id, version = heapq.heappop(self._waiting)
            self._show(self._versions.pop((row_id, version)))

    def get(self, row_id: str) -> Row | None:
        """Return the visible version of a row."""
        return self._visible.get(row_id)

    def updated(self, since: int | None, before: int | None) -> "Span[Row]":
        """Return visible rows with `since <= updated_at < before`, oldest first."""
        return Span(self._visible, self._by_update, since=since, before=before)

    def created(self, since: int | None, before: int | None) -> "Span[Row]":
        """Return visible rows with `since <= created_at < before`, oldest first."""
        return Span(self._visible, self._by_creation, since=since, before=before)

    def _show(self, row: Row) -> None:
        shown = self._visible.get(row.row_id)
        if shown is not None:
            if shown.version >= row.version:
                return
            place = bisect_left(self._by_update, (shown.updated_at, shown.row_id))
            del self._by_update[place]
        else:
            insort(self._by_creation, (row.created_at, row.row_id))
        self._visible[row.row_id] = row
        insort(self._by_update, (row.updated_at, row.row_id))


class Span(Generic[Row]):
    """A stretch of an index, without copying it: pages of large streams stay cheap."""

    def __init__(
        self,
        rows: dict[str, Row],
        index: list[tuple[int, str]],
        *,
        since: int | None = None,
        before: int | None = None,
    ) -> None:
        self._rows: dict[str, Row] = rows
        self._index = index
        self._start = 0 if since is None else bisect_left(index, (since, ""))
        end = len(index) if before is None else bisect_left(index, (before, ""))
        self._end = max(self._start, end)

    def __len__(self) -> int:
        return self._end - self._start

    def page(self, offset: int, size: int, *, newest_first: bool) -> list[Row]:
        """Return up to `size` rows after the first `offset` ones."""
        if newest_first:
            end = max(self._start, self._end - offset)
            entries = self._index[max(self._start, end - size) : end][::-1]
        else:
            start = min(self._end, self._start + offset)
            entries = self._index[start : min(self._end, start + size)]
        return [self._rows[row_id] for _, row_id in entries]

    def where(self, wanted: Callable[[Row], bool]) -> "Span[Row]":
        """Return the rows that pass `wanted`, in the same order."""
        entries = self._index[self._start : self._end]
        return Span(self._rows, [e for e in entries if wanted(self._rows[e[1]])])
