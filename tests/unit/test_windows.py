"""Windows leave no gap, whatever happens between them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.pages import StreamRules, Window
from worker.store.progress import Progress
from worker.sync.windows import (
    LONGEST,
    close_window,
    halve,
    is_current,
    open_window,
    window_of,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RULES = StreamRules(
    has_update_filter=True,
    lag=timedelta(seconds=3),
    overlap=timedelta(minutes=5),
)
LIVE_FROM = NOW - timedelta(seconds=3)


def opened(progress=None, *, rules=RULES, now=NOW, **options):
    """Open the next window of a stream."""
    options = {"since": None, "live_from": LIVE_FROM} | options
    return open_window(progress or Progress(), rules, now=now, **options)


def test_the_first_window_overlaps_the_slices_of_history():
    """What became visible late, after the slice that ends there was read, is in both."""
    assert window_of(opened(now=NOW + timedelta(minutes=1))) == Window(
        LIVE_FROM - timedelta(minutes=5), LIVE_FROM + timedelta(minutes=1)
    )


def test_the_overlap_may_be_longer_than_the_rules_say():
    """It has been learned from late rows."""
    watermark = NOW - timedelta(minutes=10)
    window = window_of(
        opened(Progress(watermark=watermark), overlap=timedelta(minutes=20))
    )

    assert window == Window(watermark - timedelta(minutes=20), LIVE_FROM)


def test_a_stream_that_rested_for_long_is_caught_up_in_parts():
    """The oldest part first, so that the watermark has no gap behind it."""
    watermark = NOW - timedelta(days=90)
    window = window_of(opened(Progress(watermark=watermark)))

    assert window == Window(watermark - timedelta(minutes=5), watermark + LONGEST)


def test_the_next_window_overlaps_the_last_one():
    """Rows that became visible late are read a second time, not never."""
    watermark = NOW - timedelta(minutes=10)

    assert window_of(opened(Progress(watermark=watermark))) == Window(
        watermark - timedelta(minutes=5), NOW - timedelta(seconds=3)
    )


def test_a_stream_without_update_filter_is_read_in_full():
    """Its windows have no start, whatever the watermark says."""
    rules = StreamRules(has_update_filter=False)

    assert window_of(opened(Progress(watermark=NOW), rules=rules)) == Window(None, NOW)


def test_reading_again_from_earlier_does_not_lower_the_watermark():
    """`--since` widens what is read, not what is known to be complete."""
    watermark = NOW - timedelta(minutes=1)
    again = opened(Progress(watermark=watermark), since=NOW - timedelta(days=3))

    assert window_of(again) == Window(
        NOW - timedelta(days=3), NOW - timedelta(seconds=3)
    )
    assert close_window(again).watermark == NOW - timedelta(seconds=3)


def test_reading_again_beyond_a_gap_does_not_raise_the_watermark():
    """What lies between watermark and `since` has not been read."""
    watermark = NOW - timedelta(days=30)
    again = opened(Progress(watermark=watermark), since=NOW - timedelta(days=1))

    assert close_window(again).watermark == watermark


def test_reading_a_part_first_does_not_count_as_the_backfill():
    """A stream that was never pulled still owes its whole history afterwards."""
    assert close_window(opened(since=NOW - timedelta(days=1))).watermark is None


@given(
    pauses=st.lists(
        st.timedeltas(timedelta(0), timedelta(days=200)), min_size=1, max_size=12
    ),
    halvings=st.integers(0, 3),
)
def test_complete_windows_join_without_a_gap(pauses, halvings):
    """From the end of the slices to the watermark, every second is in some window."""
    now = NOW
    progress = Progress()
    reached = LIVE_FROM
    for pause in pauses:
        now += pause
        progress = opened(progress, now=now)
        for _ in range(halvings):
            progress = halve(progress) or progress
        window = window_of(progress)
        assert window is not None
        assert window.start is not None
        assert window.start <= window.end <= now
        assert window.start <= reached
        progress = close_window(progress)
        assert progress.watermark is not None
        reached = max(reached, window.end)
        assert progress.watermark <= reached


def test_windows_that_are_cut_within_their_overlap_come_to_an_end():
    """However often each one is cut in half, the next one begins where it ended."""
    now = NOW + timedelta(seconds=10)
    progress = Progress(watermark=NOW)
    for _ in range(30):
        progress = opened(progress, now=now)
        start = progress.window_start
        assert start is not None
        # More than 20 seconds hold too many rows.
        while progress.window_end > start + timedelta(seconds=20):
            progress = halve(progress) or progress
        progress = close_window(progress)
        if progress.watermark == now - RULES.lag:
            return
    raise AssertionError("the same windows again and again")


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)])
def test_a_window_is_never_empty_or_turned_round(ahead):
    """Also when the clock was set back, or somebody asks for the future."""
    for progress, since in ((Progress(watermark=NOW + ahead), None), (Progress(), NOW)):
        window = window_of(opened(progress, since=since and since + ahead))
        assert window is not None
        assert window.start is not None
        assert window.start < window.end


def test_halving_keeps_the_older_half():
    """The newer half is the next window then: nothing is skipped."""
    halved = halve(Progress(window_start=NOW, window_end=NOW + timedelta(hours=2)))

    assert halved is not None
    assert window_of(halved) == Window(NOW, NOW + timedelta(hours=1))


def test_a_window_without_start_can_be_halved():
    """The older half still begins at the marketplace's beginning."""
    halved = halve(Progress(window_end=NOW))

    assert halved is not None
    assert halved.window_start is None
    assert halved.window_end is not None
    assert halved.window_end < NOW


def test_a_window_of_one_second_cannot_be_halved():
    """Whoever asks must do something else then."""
    assert (
        halve(Progress(window_start=NOW, window_end=NOW + timedelta(seconds=1))) is None
    )


def test_a_stream_is_current_when_its_window_reached_the_lag():
    """Not before, and not without any window."""
    target = NOW - timedelta(seconds=3)

    assert is_current(Progress(watermark=target), RULES, now=NOW)
    assert not is_current(
        Progress(watermark=target - timedelta(seconds=1)), RULES, now=NOW
    )
    assert not is_current(Progress(), RULES, now=NOW)
