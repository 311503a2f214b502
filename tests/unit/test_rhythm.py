"""When a stream is due again: early enough, and not with all others."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worker.sync.rhythm import next_start, period_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)
intervals = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=2))


@given(st.integers(1, 10**9), intervals)
def test_a_stream_is_due_within_its_interval(number, every):
    """A little before its data is as old as the interval, and never long before."""
    wait = next_start(number, opened=NOW, now=NOW, every=every) - NOW

    assert every * 0.8 < wait <= period_of(every) < every


@given(
    st.integers(1, 10**9),
    intervals,
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=1)),
)
def test_a_pull_that_takes_as_long_again_ends_in_time(number, every, took):
    """Unless that would be more than twice as often as was wished, or has passed already."""
    opened = NOW - took
    start = next_start(number, opened=opened, now=NOW, every=every)

    assert start >= NOW
    assert (
        start + took <= opened + every
        or start == NOW
        or start <= opened + every * 0.5 + timedelta(microseconds=1)
    )


def test_a_stream_on_its_beat_starts_at_even_distances():
    """However long the pull before took."""
    start = NOW
    starts = []
    for number in range(40):
        done = start + timedelta(seconds=number % 9)
        start = next_start(7, opened=start, now=done, every=EVERY)
        starts.append(start)
    apart = {
        round((later - earlier).total_seconds())
        for earlier, later in pairwise(starts[15:])
    }

    assert apart == {round(period_of(EVERY).total_seconds())}


def test_streams_that_were_pulled_at_once_drift_apart():
    """After a while no tick has many more of them than another."""
    starts = {}
    for number in range(1, 2001):
        start = NOW
        for _ in range(15):
            start = next_start(number, opened=start, now=start, every=EVERY)
        starts[number] = start
    period = period_of(EVERY)
    slots = [0] * 54
    for start in starts.values():
        slots[int((start.timestamp() % period.total_seconds()) // 5)] += 1

    assert max(slots) < 1.2 * 2000 / 54
