"""How history is cut: by how many rows it holds, so that slices are alike; pure."""

import math
from datetime import datetime, timedelta
from itertools import pairwise

from worker.domain.pages import Page, StreamRules, Window
from worker.store.progress import Progress
from worker.sync.walk import LARGEST_WALK
from worker.sync.windows import BEGINNING, SHORTEST, History

# Five of the largest pages: seconds of work, so that places are shared fairly and none stays
# busy long after the others.
COMFORTABLE = 500  # rows
# Uneven history leaves some parts empty, and each of those costs a call.
MOST_PARTS = 64
# History without a known beginning is cut at these ages: most of what a shop has is young,
# and nothing says how old the rest is.
_AGES = (
    timedelta(days=90),
    timedelta(days=365),
    timedelta(days=2 * 365),
    timedelta(days=4 * 365),
)


def first_slice(live_from: datetime, history: History) -> Window:
    """Return all of history as one slice: its first page tells how to cut it."""
    if history.length is None:
        return Window(None, live_from)
    return Window((live_from - history.length).replace(microsecond=0), live_from)


def is_uncomfortable(progress: Progress, page: Page, rules: StreamRules) -> bool:
    """Whether a slice's first page counts so many rows that others should help."""
    return (
        rules.has_update_filter
        and progress.cursor is None
        and page.total is not None
        and page.total > 2 * COMFORTABLE
    )


def parts_of(window: Window, rows: int | None) -> list[Window]:
    """Return smaller windows in the place of one, the most recent first.

    They share the second between them, so nothing can lie there. A window of one second is
    returned alone: it cannot be cut.
    """
    inner = _ages(window.end) if window.start is None else _even(window, rows)
    edges = [window.end, *inner]
    parts = [Window(older, newer) for newer, older in pairwise(edges)]
    return [*parts, Window(window.start, edges[-1])]


def _ages(end: datetime) -> list[datetime]:
    """Return where a slice without a beginning is cut."""
    return [edge for age in _AGES if (edge := end - age) > BEGINNING]


def _even(window: Window, rows: int | None) -> list[datetime]:
    """Return where a slice is cut into parts of equal length."""
    start, end = window.start or BEGINNING, window.end
    # A count that is not told is over a cap.
    wanted = math.ceil((LARGEST_WALK if rows is None else rows) / COMFORTABLE)
    seconds = int((end - start) / SHORTEST)
    count = max(min(wanted, MOST_PARTS, seconds), min(2, seconds), 1)
    return [
        end - timedelta(seconds=seconds * part // count) for part in range(1, count)
    ]
