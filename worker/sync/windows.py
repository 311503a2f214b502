"""Which window a stream reads next; pure functions of what is stored and what time it is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from worker.domain.pages import StreamRules, Window
from worker.store.progress import Progress

# A stream that rested for long is caught up in windows of this length, oldest first, so
# that the watermark moves and an expired page token costs one of them.
LONGEST = timedelta(days=30)
SHORTEST = timedelta(seconds=1)
# Before any marketplace of ours existed: where "everything" begins when it must be cut.
BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)


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


def closing(rules: StreamRules, *, now: datetime) -> datetime:
    """Return the end of a window that opens now: what is newer may not be visible yet."""
    return (now - rules.lag).replace(microsecond=0)


def open_window(
    progress: Progress,
    rules: StreamRules,
    *,
    now: datetime,
    since: datetime | None,
    live_from: datetime | None = None,
    overlap: timedelta | None = None,
) -> Progress:
    """Return the progress with its next window open; `now` is taken before any read.

    The window is closed at a fixed end behind now and overlaps the last one, so that
    rows which became visible late are still seen. The first one overlaps the slices of
    history, which end at `live_from`.
    """
    end = closing(rules, now=now)
    if not rules.has_update_filter:
        return _walk_from(progress, None, end, aside=False)
    # A clock that was set back must not turn the window round; Temu refuses an empty one.
    latest_start = end - SHORTEST
    if since is not None:
        return _walk_from(progress, min(since, latest_start), end, aside=True)
    reached = progress.watermark or live_from
    if reached is None:
        return _walk_from(progress, None, end, aside=False)
    start = progress.rest_from or reached - (overlap or rules.overlap)
    start = min(start, latest_start)
    return _walk_from(progress, start, min(reached + LONGEST, end), aside=False)


def close_window(progress: Progress) -> Progress:
    """Return the progress after a complete walk: everything up to the window's end is here."""
    watermark = progress.watermark
    end = progress.window_end
    if end is None or not _reaches(progress):
        return Progress(watermark=watermark, rest_from=progress.rest_from)
    if watermark is None or end >= watermark:
        return Progress(watermark=end)
    # It was cut within its overlap; read from the overlap's start, the next one would be
    # cut in the same way, for ever.
    rest = progress.rest_from if progress.aside else end
    return Progress(watermark=watermark, rest_from=rest)


def is_current(progress: Progress, rules: StreamRules, *, now: datetime) -> bool:
    """Whether the last complete window reached as far as one could read at `now`."""
    end = closing(rules, now=now)
    return (
        progress.watermark is not None
        and progress.watermark >= end
        and progress.rest_from is None
    )


def halve(progress: Progress) -> Progress | None:
    """Return the progress with only the older half of its window; None if it cannot be cut."""
    end = progress.window_end
    if end is None:
        return None
    start = progress.window_start or BEGINNING
    half = timedelta(seconds=int((end - start).total_seconds() // 2))
    if half < SHORTEST:
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
        watermark=progress.watermark,
        window_start=start,
        window_end=end,
        aside=aside,
        rest_from=progress.rest_from,
    )


def _reaches(progress: Progress) -> bool:
    """Whether the window leaves no gap behind the watermark."""
    if not progress.aside:
        return True
    start, watermark = progress.window_start, progress.watermark
    return watermark is not None and start is not None and start <= watermark
