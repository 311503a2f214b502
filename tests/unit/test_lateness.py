"""The overlap follows how late rows were seen to be, within bounds."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.sync.lateness import (
    LONGEST_OVERLAP,
    STEPS,
    Counts,
    observe,
    overlap_after,
)

MINUTE = timedelta(minutes=1)
FLOOR = 5 * MINUTE


def overlap(*late, added, counts=()):
    """Return the overlap after a window that added some rows, these of them late."""
    return overlap_after(observe(counts, added=added, late=late), floor=FLOOR)


def test_rows_in_time_leave_the_overlap_as_it_is():
    """However many there are."""
    assert overlap(added=5000) == FLOOR


def test_a_late_row_widens_the_overlap():
    """To the step that would have caught it."""
    assert overlap(8 * MINUTE, added=100) == 10 * MINUTE


def test_one_row_in_a_thousand_may_be_later():
    """p99.9: the rest is found by a reconcile."""
    assert overlap(50 * MINUTE, added=1000) == FLOOR
    assert overlap(50 * MINUTE, 50 * MINUTE, added=1000) == 60 * MINUTE


def test_no_row_makes_the_overlap_longer_than_its_ceiling():
    """Each pull reads the overlap again."""
    assert overlap(timedelta(days=9), added=1) == LONGEST_OVERLAP


def test_the_rules_win_over_the_ceiling():
    """An endpoint that is known to be a day late overlaps by a day."""
    counts = observe((), added=1, late=[30 * MINUTE])

    assert overlap_after(counts, floor=timedelta(days=1)) == timedelta(days=1)


def test_counts_of_another_version_are_forgotten():
    """Their steps were others."""
    assert overlap(added=1, counts=(7, 7)) == FLOOR


def test_what_was_long_ago_fades():
    """A bad day does not make every pull read more for ever."""
    counts = observe((), added=10, late=[50 * MINUTE] * 10)
    for _ in range(100):
        counts = observe(counts, added=20_000, late=[])

    assert overlap_after(counts, floor=FLOOR) == FLOOR


@given(
    windows=st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.lists(st.timedeltas(timedelta(0), timedelta(days=99)), max_size=20),
        ),
        max_size=20,
    )
)
def test_the_memory_and_the_overlap_stay_within_their_bounds(windows):
    """Whatever comes."""
    counts: Counts = ()
    for added, late in windows:
        counts = observe(counts, added=added, late=late)

        assert len(counts) == len(STEPS) + 2
        assert all(0 <= count < 2 * 10**6 for count in counts)
        assert FLOOR <= overlap_after(counts, floor=FLOOR) <= LONGEST_OVERLAP
