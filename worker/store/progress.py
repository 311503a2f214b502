"""How far a walk through a window is, as it is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stream is; saved with each page, in the page's own transaction."""

    watermark: datetime | None = None
    # The window being walked; `window_end` is None between windows.
    window_start: datetime | None = None
    window_end: datetime | None = None
    section: str | None = None
    cursor: str | None = None
    rows_seen: int = 0
    rows_total: int | None = None
    # Digests of the ids that this walk has shown: rows that move are shown twice.
    shown: bytes = field(default=b"", repr=False)
    restarts: int = 0
    # The window re-reads what somebody asked for; the watermark need not follow it.
    aside: bool = False
    # A window that was cut ended here, before the watermark: the next one reads the rest.
    rest_from: datetime | None = None


# What belongs to a walk; the rest is a stream's own.
_WALK = (
    *("window_start", "window_end", "section", "cursor"),
    *("rows_seen", "rows_total", "shown", "restarts"),
)


def walk_of(values: Any) -> dict[str, Any]:
    """Return what belongs to a walk, of a `Progress` or of a row that has the same names."""
    return {name: getattr(values, name) for name in _WALK}
