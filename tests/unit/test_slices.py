"""History is cut by how much it holds, and no cut leaves a gap."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.pages import Page, StreamRules, Window
from worker.store.progress import Progress
from worker.sync.slices import (
    COMFORTABLE,
    MOST_PARTS,
    first_slice,
    is_uncomfortable,
    parts_of,
)
from worker.sync.windows import History

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = StreamRules(has_update_filter=True)


def page(total):
    """Return the first page of a window that holds so many rows."""
    return Page(records=(), next_cursor="2", total=total)


def test_history_begins_as_one_slice():
    """Its first page tells how to cut it: an empty shop costs one call."""
    assert first_slice(NOW, History(length=90 * DAY)) == Window(NOW - 90 * DAY, NOW)


def test_all_of_history_has_no_start():
    """The marketplace knows where its beginning is."""
    assert first_slice(NOW, History(length=None)) == Window(None, NOW)


def test_a_slice_is_cut_into_as_many_parts_as_it_holds_comfortable_ones():
    """The most recent one first."""
    parts = parts_of(Window(NOW - 90 * DAY, NOW), 9 * COMFORTABLE)

    assert len(parts) == 9
    assert parts[0] == Window(NOW - 10 * DAY, NOW)
    assert parts[-1] == Window(NOW - 90 * DAY, NOW - 80 * DAY)


@pytest.mark.parametrize(
    ("rows", "expected"), [(0, 2), (None, 20), (10**6, MOST_PARTS)]
)
def test_the_number_of_parts_is_bounded(rows, expected):
    """Restless rows: two. Over a cap that hides the count: twenty. Never hundreds."""
    assert len(parts_of(Window(NOW - 90 * DAY, NOW), rows)) == expected


def test_history_without_a_beginning_is_cut_by_age():
    """Few calls are wasted on years in which the shop did not exist."""
    parts = parts_of(Window(None, NOW), 10**6)

    assert parts[0] == Window(NOW - 90 * DAY, NOW)
    assert parts[-1].start is None
    assert len(parts) < 6


def test_what_is_older_than_any_marketplace_is_not_cut():
    """An end must come to it."""
    window = Window(None, datetime(2014, 1, 1, tzinfo=UTC))

    assert parts_of(window, 10**6) == [window]


def test_a_window_of_one_second_cannot_be_cut():
    """Whoever asks must do something else then."""
    window = Window(NOW, NOW + timedelta(seconds=1))

    assert parts_of(window, 10**6) == [window]


@given(
    seconds=st.none() | st.integers(0, 10**9),
    cuts=st.lists(st.tuples(st.integers(0, 99), st.none() | st.integers(0, 10**6))),
)
def test_parts_join_without_a_gap_however_often_they_are_cut(seconds, cuts):
    """Neighbours share the second between them; the ends stay where they were."""
    start = None if seconds is None else NOW - timedelta(seconds=seconds)
    parts = [Window(start, NOW)]
    for which, rows in cuts:
        place = which % len(parts)
        parts[place : place + 1] = parts_of(parts[place], rows)

    assert (parts[0].end, parts[-1].start) == (NOW, start)
    for newer, older in pairwise(parts):
        assert newer.start == older.end
        assert older.start is None or older.start < older.end


@pytest.mark.parametrize(
    ("total", "cursor", "expected"),
    [
        (2 * COMFORTABLE, None, False),
        (2 * COMFORTABLE + 1, None, True),
        (2 * COMFORTABLE + 1, "5", False),
        (None, None, False),
    ],
    ids=["comfortable", "too much", "begun already", "not counted"],
)
def test_only_the_first_page_says_that_others_should_help(total, cursor, expected):
    """A walk that has begun is not thrown away."""
    progress = Progress(window_end=NOW, cursor=cursor)

    assert is_uncomfortable(progress, page(total), RULES) is expected
