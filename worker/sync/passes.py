"""Which part of a stream a reconcile walks next; pure functions of what is stored."""

from datetime import datetime, timedelta

from worker.domain.pages import StreamRules, Window
from worker.store.progress import Progress
from worker.store.reconciles import StoredReconcile
from worker.sync.windows import History


def range_of_pass(
    rules: StreamRules,
    history: History,
    *,
    now: datetime,
    watermark: datetime | None,
    overlap: timedelta,
    covered_until: datetime | None,
    known_since: datetime,
) -> Window | None:
    """Return what a pass that begins now covers; None while there is nothing to compare.

    It ends where no live window will look again, so what it finds there was missed. It
    begins so far back that no day since the shop's first is left out, however rarely
    passes are made.
    """
    if not rules.has_update_filter:
        return Window(None, now.replace(microsecond=0))
    if watermark is None:
        return None
    end = watermark - overlap
    if history.length is None:
        return Window(None, end)
    start = min(covered_until or known_since, end) - history.length
    return Window(start.replace(microsecond=0), end)


def next_part(stored: StoredReconcile, *, last: Window | None) -> Progress | None:
    """Return the walk of the part behind what was reached; None: all was walked.

    Where a part had to be cut the next one is tried at twice its length, as cutting costs a
    call each time. Neighbours share the second between them.
    """
    end = stored.range_end
    assert end is not None  # noqa: S101 -- a pass has begun
    if stored.reached is None:
        return Progress(window_start=stored.range_start, window_end=end)
    if stored.reached >= end:
        return None
    if last is not None and last.start is not None:
        length = 2 * max(last.end - last.start, timedelta(seconds=1))
        end = min(end, stored.reached + length)
    return Progress(window_start=stored.reached, window_end=end)
