"""A walk counts as complete only when it saw every row that stayed in the window."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.pages import Page, StreamRules, Unreadable
from worker.domain.records import Order, OrderStatus
from worker.store.progress import Progress
from worker.sync.walk import (
    LARGEST_WALK,
    Step,
    after_page,
    current_section,
    is_too_large,
    next_section,
)

END = datetime(2026, 1, 2, tzinfo=UTC)
RULES = StreamRules(has_update_filter=True)
BUCKETS = StreamRules(has_update_filter=False, sections=("ALL", "DELETED"))
PAGE_SIZE = 3


def order(order_id):
    """Return an order of which only the id matters."""
    return Order(
        order_id=order_id,
        status=OrderStatus.PENDING,
        marketplace_status=None,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=None,
        paid_at=None,
        buyer_note=None,
        lines=(),
        raw=b"{}",
    )


def page(ids, *, total=None, next_cursor=None):
    """Return a page with these orders."""
    return Page(
        records=tuple(order(found) for found in ids),
        next_cursor=next_cursor,
        total=total,
    )


def walking(**fields):
    """Return the progress of a walk in one window."""
    return Progress(window_end=END, **fields)


@dataclass
class ShiftingMarketplace:
    """Rows in a closed window, paged by offset; a changed row leaves or moves back."""

    rows: list[str]
    # At which call which rows change; True: they stay in the window, as its last.
    changes: dict[int, list[tuple[str, bool]]] = field(default_factory=dict)
    calls: int = 0

    def read(self, cursor):
        """Return the page at an offset, after the rows that change now have moved."""
        for row, stays in self.changes.get(self.calls, []):
            if row in self.rows:
                self.rows.remove(row)
                self.rows += [row] if stays else []
        self.calls += 1
        start = int(cursor or 0)
        rest = len(self.rows) > start + PAGE_SIZE
        return page(
            self.rows[start : start + PAGE_SIZE],
            total=len(self.rows),
            next_cursor=str(start + PAGE_SIZE) if rest else None,
        )


@given(
    count=st.integers(0, 12),
    changes=st.dictionaries(
        st.integers(0, 6),
        st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=3),
        max_size=4,
    ),
)
def test_rows_that_change_while_paging_hide_no_other_row(count, changes):
    """Whatever moves when: at the end, each row that stayed has been seen in one walk."""
    marketplace = ShiftingMarketplace(
        [f"o{number:02}" for number in range(count)],
        {
            call: [(f"o{number:02}", stays) for number, stays in moves]
            for call, moves in changes.items()
        },
    )
    progress, seen, step = walking(), set(), Step.ON
    for _ in range(100):
        found = marketplace.read(progress.cursor)
        seen |= {record.record_id for record in found.records}
        progress, step = _unpacked(after_page(progress, found, RULES))
        if step is Step.COMPLETE:
            break
        if step is Step.AGAIN:
            seen.clear()

    assert step is Step.COMPLETE
    assert seen >= set(marketplace.rows)


def _unpacked(walked):
    return walked.progress, walked.step


def test_a_complete_window_moves_the_watermark():
    """The window's end, which was fixed before the first read."""
    walked = after_page(walking(), page(["a", "b"], total=2), RULES)

    assert (walked.step, walked.progress) == (Step.COMPLETE, Progress(watermark=END))


def test_an_empty_window_is_complete():
    """Nothing changed is an answer too."""
    assert after_page(walking(), page([], total=0), RULES).step is Step.COMPLETE


def test_a_count_that_is_not_given_cannot_be_checked():
    """Then the last page ends the walk."""
    assert after_page(walking(), page(["a"]), RULES).step is Step.COMPLETE


@pytest.mark.parametrize(
    ("progress", "last"),
    [
        (walking(cursor="3", rows_seen=3, rows_total=5), page(["d"], total=5)),
        (walking(cursor="3", rows_seen=3, rows_total=5), page(["d"], total=4)),
        (walking(cursor="3", rows_seen=3, rows_total=4), page(["d"], total=5)),
        (walking(), page([], total=4)),
        (walking(), page(["a", "a"], total=2)),
    ],
    ids=[
        "cut short",
        "a row left",
        "a row came late",
        "empty but counted",
        "one row twice",
    ],
)
def test_a_walk_that_does_not_add_up_begins_again(progress, last):
    """The watermark stays, and the next page is the first one."""
    walked = after_page(progress, last, RULES)

    assert walked.step is Step.AGAIN
    assert (walked.progress.cursor, walked.progress.rows_seen) == (None, 0)
    assert walked.progress.restarts == progress.restarts + 1
    assert walked.progress.watermark is None


@pytest.mark.parametrize("token", ["t", "u"])
def test_page_tokens_that_go_in_circles_begin_again(token):
    """The same token, or a page that brings nothing new: a walk ends, whatever comes."""
    looping = page("abc", total=9, next_cursor=token)
    first = after_page(walking(cursor="s"), replace(looping, next_cursor="t"), RULES)

    assert after_page(first.progress, looping, RULES).step is Step.AGAIN


@pytest.mark.parametrize("period", [1, 2, 3, 7])
def test_a_circle_of_page_tokens_ends_when_it_is_closed(period):
    """However long it is, and although each of its pages brings new rows."""
    progress, pages = walking(), 0
    while True:
        token = f"t{pages % period}"
        found = page([f"o{pages}"], total=999, next_cursor=token)
        progress, step = _unpacked(after_page(progress, found, RULES))
        if step is Step.AGAIN:
            break
        pages += 1

    assert pages == period


def test_more_rows_than_the_marketplace_counts_begin_again():
    """Such a walk can never add up, and may never end."""
    progress = walking(cursor="s", rows_seen=4, rows_total=4)

    assert after_page(progress, page("e", total=4, next_cursor="t"), RULES).step is (
        Step.AGAIN
    )


@pytest.mark.parametrize(
    ("cap", "seen", "total", "expected"),
    [
        (None, 0, LARGEST_WALK, False),
        (None, 0, LARGEST_WALK + 1, True),
        (100, 0, 101, True),
        (None, LARGEST_WALK, None, True),
        (None, LARGEST_WALK - 1, None, False),
    ],
    ids=["fits", "too many", "over the cap", "not counted, too many", "not counted"],
)
def test_a_window_that_holds_too_much_is_noticed(cap, seen, total, expected):
    """By its first page, or where nobody counts, by what was seen."""
    rules = replace(RULES, cap=cap)
    progress = walking(rows_seen=seen)

    assert is_too_large(progress, page("a", total=total), rules) is expected


def test_unreadable_rows_count_as_seen():
    """They are kept elsewhere; the marketplace counts them."""
    found = Page(
        records=(order("a"),),
        unreadable=(Unreadable(record_id="b", reason="no status", raw=b"{}"),),
        next_cursor=None,
        total=2,
    )

    assert after_page(walking(), found, RULES).step is Step.COMPLETE


def test_each_section_is_walked_on_its_own():
    """The window is complete when the last bucket is."""
    first = after_page(walking(), page(["a"], total=1), BUCKETS)
    assert first.step is Step.ON
    assert current_section(first.progress, BUCKETS) == "DELETED"

    second = after_page(first.progress, page([], total=0), BUCKETS)
    assert second.step is Step.COMPLETE


def test_an_unknown_stored_section_starts_at_the_first():
    """The rules of an endpoint may change between two versions of this program."""
    stored = walking(section="GONE")

    assert current_section(stored, BUCKETS) == "ALL"
    assert next_section(stored, BUCKETS) == "DELETED"
