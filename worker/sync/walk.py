"""One walk over the pages of a window: what a page means for the progress; pure.

Rows that change during a walk leave its closed window and shift the pages behind them,
so rows can be skipped. A section counts as complete only when the marketplace counted
the same number of rows at its first and its last page, and that many were seen.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from worker.domain.pages import Page, StreamRules
from worker.store.streams import Progress
from worker.sync.windows import close_window, restart


class Step(StrEnum):
    """What the page led to."""

    ON = "on"
    # The window is complete: the watermark moved.
    COMPLETE = "complete"
    # The rows did not add up, or the page tokens went in a circle: from the first page.
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Walked:
    """The progress after a page."""

    progress: Progress
    step: Step


def after_page(progress: Progress, page: Page, rules: StreamRules) -> Walked:
    """Return where the walk is once this page is written."""
    seen = progress.rows_seen + len(page.records) + len(page.unreadable)
    first_total = page.total if progress.cursor is None else progress.rows_total
    if page.next_cursor is not None:
        # More rows than counted, or the same token again: this walk would never end.
        in_circles = page.next_cursor == progress.cursor or (
            first_total is not None and seen > first_total
        )
        if in_circles:
            return Walked(restart(progress), Step.AGAIN)
        return Walked(
            replace(
                progress,
                cursor=page.next_cursor,
                rows_seen=seen,
                rows_total=first_total,
            ),
            Step.ON,
        )
    if page.total is not None and not seen == first_total == page.total:
        return Walked(restart(progress), Step.AGAIN)
    section = next_section(progress, rules)
    if section is None:
        return Walked(close_window(progress), Step.COMPLETE)
    return Walked(
        replace(progress, section=section, cursor=None, rows_seen=0, rows_total=None),
        Step.ON,
    )


def current_section(progress: Progress, rules: StreamRules) -> str:
    """Return the section being walked; the first one if the stored one is unknown."""
    section = progress.section
    return section if section in rules.sections else rules.sections[0]


def next_section(progress: Progress, rules: StreamRules) -> str | None:
    """Return the section after the current one; None after the last."""
    position = rules.sections.index(current_section(progress, rules)) + 1
    return rules.sections[position] if position < len(rules.sections) else None
