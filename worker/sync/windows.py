"""Which window a stream reads next; pure functions of what is stored and what time it is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.domain.pages import StreamRules, Window
from worker.store.streams import Progress

# History is read in windows of this length, oldest first, so that the watermark moves
# and an expired page token costs one slice.
SLICE = timedelta(days=30)
_SHORTEST = timedelta(seconds=1)
# Before any marketplace of ours existed: where "everything" begins when it must be cut.
_BEGINNING_YEAR = 2015


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How far back the first pull of a stream goes."""

    # None: from the marketplace's beginning.
    length: timedelta | None


def window_of(progress: Progress) -> Window | None:
    """Return the window being walked."""
    if progress.window_end is None:
        return None
    return Window(start=progress.window_start, end=progress.window_end)


def open_window(
    progress: Progress,
    rules: StreamRules,
    history: History,
    *,
    now: datetime,
    since: datetime | None,
) -> Progress:
    """Return the progress with its next window open; `now` is taken before any read.

    The window is closed at a fixed end behind now and overlaps the last one, so that
    rows which became visible late are still seen.
    """
    end = (now - rules.lag).replace(microsecond=0)
    if not rules.has_update_filter:
        return _walk_from(progress, None, end, aside=False)
    # A clock that was set back must not turn the window round; Temu refuses an empty one.
    latest_start = end - _SHORTEST
    if since is not None:
        return _walk_from(progress, min(since, latest_start), end, aside=True)
    if progress.watermark is not None:
        start = min(progress.watermark - rules.overlap, latest_start)
        reached = progress.watermark
    elif history.length is not None:
        start = reached = (end - history.length).replace(microsecond=0)
    else:
        return _walk_from(progress, None, end, aside=False)
    return _walk_from(progress, start, min(reached + SLICE, end), aside=False)


def close_window(progress: Progress) -> Progress:
    """Return the progress after a complete walk: everything up to the window's end is here."""
    watermark = progress.watermark
    end = progress.window_end
    if end is not None and _reaches(progress):
        watermark = end if watermark is None else max(watermark, end)
    return Progress(watermark=watermark)


def is_current(progress: Progress, rules: StreamRules, *, now: datetime) -> bool:
    """Whether the last complete window reached as far as one could read at `now`."""
    end = (now - rules.lag).replace(microsecond=0)
    return progress.watermark is not None and progress.watermark >= end


def halve(progress: Progress) -> Progress | None:
    """Return the progress with only the older half of its window; None if it cannot be cut."""
    end = progress.window_end
    if end is None:
        return None
    start = progress.window_start or end.replace(
        year=_BEGINNING_YEAR, month=1, day=1, hour=0, minute=0, second=0
    )
    half = timedelta(seconds=int((end - start).total_seconds() // 2))
    if half < _SHORTEST:
        return None
    return _walk_from(
        progress, progress.window_start, start + half, aside=progress.aside
    )


def restart(progress: Progress) -> Progress:
    """Return the progress at the first page of the same section again."""
    return replace(
        progress,
        cursor=None,
        rows_seen=0,
        rows_total=None,
        shown=b"",
        restarts=progress.restarts + 1,
    )


def _walk_from(
    progress: Progress, start: datetime | None, end: datetime, *, aside: bool
) -> Progress:
    return Progress(
        watermark=progress.watermark, window_start=start, window_end=end, aside=aside
    )


def _reaches(progress: Progress) -> bool:
    """Whether the window leaves no gap behind the watermark."""
    if not progress.aside:
        return True
    start, watermark = progress.window_start, progress.watermark
    return watermark is not None and start is not None and start <= watermark
