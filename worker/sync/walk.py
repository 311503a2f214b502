"""One walk over the pages of a window: what a page means for the progress; pure.

Rows that change during a walk leave its closed window, or move to its end, and shift the
pages behind them, so others can be skipped. A section counts as complete only when the
marketplace counted the same number of rows at its first and its last page, and that many
different ones were seen. A page token that was seen before leads in a circle, however long.
"""

from array import array
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from sys import byteorder

from worker.domain.pages import Page, StreamRules
from worker.store.progress import Progress
from worker.sync.windows import close_window, restart

# A window with more rows is cut first: what a walk must remember stays small.
LARGEST_WALK = 10_000
_DIGEST = 8  # bytes


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
    known = _known(progress.shown)
    fresh, shown = _fresh_rows(page, progress.shown, known)
    seen = progress.rows_seen + fresh
    first_total = page.total if progress.cursor is None else progress.rows_total
    if page.next_cursor is not None:
        token = _digest("page token", page.next_cursor)
        # A page without a new row, a token that was followed before, more rows than the
        # marketplace counts: this walk may never end.
        if (
            not fresh
            or _number(token) in known
            or (page.total is not None and seen > page.total)
        ):
            return Walked(restart(progress), Step.AGAIN)
        return Walked(
            replace(
                progress,
                cursor=page.next_cursor,
                rows_seen=seen,
                rows_total=first_total,
                shown=shown + token,
            ),
            Step.ON,
        )
    if page.total is not None and not seen == first_total == page.total:
        return Walked(restart(progress), Step.AGAIN)
    section = next_section(progress, rules)
    if section is None:
        return Walked(close_window(progress), Step.COMPLETE)
    return Walked(
        replace(restart(progress), section=section, restarts=progress.restarts),
        Step.ON,
    )


def is_too_large(progress: Progress, page: Page, rules: StreamRules) -> bool:
    """Whether the window holds more rows than one walk should have.

    The first page tells; where the marketplace does not count, having seen so many does.
    """
    if not rules.has_update_filter:
        return False
    largest = min(LARGEST_WALK, rules.cap or LARGEST_WALK)
    if page.total is None:
        return progress.rows_seen >= largest
    return progress.cursor is None and page.total > largest


def _fresh_rows(page: Page, shown: bytes, known: AbstractSet[int]) -> tuple[int, bytes]:
    """Count the rows that the walk had not shown before; return its memory with them."""
    nameless = 0
    fresh: dict[int, bytes] = {}
    for row in (*page.records, *page.unreadable):
        if row.record_id is None:
            nameless += 1
            continue
        digest = _digest("row", row.record_id)
        number = _number(digest)
        if number not in known:
            fresh[number] = digest
    room = max(LARGEST_WALK - len(known), 0)
    return len(fresh) + nameless, shown + b"".join(islice(fresh.values(), room))


def _known(shown: bytes) -> AbstractSet[int]:
    """Return the digests as numbers: of ten thousand of them at once, for every page."""
    return frozenset(array("Q", shown))


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, byteorder)


def _digest(kind: str, name: str) -> bytes:
    return blake2b(name.encode(), digest_size=_DIGEST, person=kind.encode()).digest()


def current_section(progress: Progress, rules: StreamRules) -> str:
    """Return the section being walked; the first one if the stored one is unknown."""
    section = progress.section
    return section if section in rules.sections else rules.sections[0]


def next_section(progress: Progress, rules: StreamRules) -> str | None:
    """Return the section after the current one; None after the last."""
    position = rules.sections.index(current_section(progress, rules)) + 1
    return rules.sections[position] if position < len(rules.sections) else None
