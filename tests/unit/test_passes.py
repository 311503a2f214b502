"""What a reconcile covers, and that its parts leave no gap."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.pages import StreamRules, Window
from worker.domain.records import Stream
from worker.store.progress import Progress
from worker.store.reconciles import StoredReconcile
from worker.sync.passes import next_part, range_of_pass
from worker.sync.windows import History, halve, window_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = StreamRules(has_update_filter=True)
OVERLAP = timedelta(minutes=5)


def covered(rules=RULES, length=90 * DAY, **options):
    """Return what a pass covers."""
    values = {
        "now": NOW,
        "watermark": NOW - timedelta(minutes=1),
        "overlap": OVERLAP,
        "covered_until": None,
        "known_since": NOW - DAY,
        **options,
    }
    return range_of_pass(rules, History(length=length), **values)


def stored(**values):
    """Return a reconcile in the middle of its pass."""
    empty = dict.fromkeys((field.name for field in fields(StoredReconcile)), None)
    return StoredReconcile(
        **{**empty, "stream": Stream.ORDERS, "progress": Progress(), **values}
    )


def test_a_pass_ends_where_no_live_window_looks_again():
    """What differs there was missed, and is no news."""
    end = NOW - timedelta(minutes=6)

    assert covered() == Window(NOW - 91 * DAY, end)
    assert covered(length=None) == Window(None, end)


def test_a_stream_that_is_not_complete_has_nothing_to_compare():
    """Its first pull is still under way."""
    assert covered(watermark=None) is None


def test_a_stream_without_a_filter_is_read_in_full():
    """Up to now: nothing can be left out of it."""
    rules = StreamRules(has_update_filter=False)

    assert covered(rules, watermark=None) == Window(None, NOW)


def test_passes_leave_no_day_out_however_rare_they_are():
    """Each begins a whole history before the last one's end."""
    last = NOW - 400 * DAY

    found = covered(length=DAY, covered_until=last)

    assert found is not None
    assert found.start == last - DAY


@given(
    days=st.integers(1, 4000),
    cuts=st.lists(st.integers(0, 4), min_size=1, max_size=30),
)
def test_parts_leave_no_gap_and_come_to_an_end(days, cuts):
    """However often each has to be cut before its rows fit."""
    start = NOW - days * DAY
    reached: datetime | None = None
    last: Window | None = None
    seen: list[Window] = []
    for number in range(10_000):
        part = next_part(
            stored(range_start=start, range_end=NOW, reached=reached), last=last
        )
        if part is None:
            break
        for _ in range(cuts[number % len(cuts)] if number < 200 else 0):
            part = halve(part) or part
        last = window_of(part)
        assert last is not None
        seen.append(last)
        reached = last.end
    else:
        raise AssertionError(seen[-3:])

    assert seen[0].start == start
    assert seen[-1].end == NOW
    assert all(before.end == after.start for before, after in pairwise(seen))
