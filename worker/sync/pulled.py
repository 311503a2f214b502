"""What one pull did."""

from dataclasses import dataclass, field
from datetime import datetime

from worker.store.pages import Written


@dataclass(slots=True, kw_only=True)
class Pulled:
    """What one pull did so far; also what a progress display reads."""

    written: Written = field(default_factory=Written)
    pages: int = 0
    # What they took from the budget.
    calls: int = 0
    windows: int = 0
    restarts: int = 0
    # Times that a slice of history was put back as several smaller ones.
    splits: int = 0
    # The stream's history was cut: slices wait for readers.
    cut_history: bool = False
    # False: stopped at a page boundary because time was up.
    up_to_date: bool = False
    watermark: datetime | None = None
    # Rows that the marketplace counts in the section being read.
    section_total: int | None = None
