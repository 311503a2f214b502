"""How a stream is read: time windows, sections, pages, and the rules of an endpoint."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.identity import Shop
from worker.domain.records import Record, Stream


@dataclass(frozen=True, slots=True)
class Window:
    """A closed time range `[start, end]` in whole seconds; no start: from the first."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRules:
    """What an endpoint needs so that its windows lose nothing; facts as data."""

    # False: there is no "updated since" filter, so every pull reads the stream in full.
    has_update_filter: bool
    # The window ends this far behind now: what is newer may not be visible yet.
    lag: timedelta = timedelta(seconds=0)
    # The next window starts this far before the last one's end: late rows are caught.
    overlap: timedelta = timedelta(minutes=5)
    # More results than this are silently not given: the window must be narrowed first.
    cap: int | None = None
    # Buckets of which one call covers only one; each is walked on its own.
    sections: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page of which stream is wanted."""

    stream: Stream
    shop: Shop
    window: Window
    section: str = ""
    # Opaque, from the previous page; None for the first.
    cursor: str | None = None


# One call of a page: endpoint, HTTP status, and what the marketplace calls it.
CallMade = tuple[str, int, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row that could not be understood; kept beside the stream, the page goes on."""

    record_id: str | None
    reason: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one page brought."""

    records: tuple[Record, ...]
    # None: this was the last page of the section.
    next_cursor: str | None
    # Rows in the whole section of the window, as the marketplace counts now.
    total: int | None = None
    unreadable: tuple[Unreadable, ...] = ()
    # What it took, for the log of page reads; whoever reads the page puts it there.
    calls: tuple[CallMade, ...] = ()
    milliseconds: int = 0
