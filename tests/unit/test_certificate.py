"""A stream is complete from where its slices reach to its watermark, and no further."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.domain.records import Stream
from worker.schedule.stalls import is_stalled
from worker.store.certificates import StoredHistory
from worker.store.progress import Progress
from worker.store.streams import StoredStream
from worker.sync.certificate import certify

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
STORED = StoredStream(
    id=1,
    shop_key="temu:eu:1",
    stream=Stream.ORDERS,
    progress=Progress(watermark=NOW),
    since=None,
    next_run_at=NOW,
    lease_token=None,
    lease_until=None,
    last_success_at=NOW,
    failures=0,
    last_error=None,
    disabled=None,
    live_from=NOW - DAY,
    advanced_at=NOW,
)
HISTORY = StoredHistory(
    slices=9,
    open=0,
    open_until=None,
    begins_at=NOW - 90 * DAY,
    failures=0,
    last_error=None,
)


def certificate(stored=STORED, history=HISTORY, *, reads_in_full=False):
    """Return what can be said of a stream."""
    return certify(stored, history, reads_in_full=reads_in_full)


def test_all_slices_done_is_complete_from_their_oldest():
    """To the watermark."""
    found = certificate()

    assert (found.complete_from, found.complete_to) == (NOW - 90 * DAY, NOW)


def test_an_open_slice_is_where_the_certificate_begins():
    """Older slices that are done already lie behind the gap."""
    history = replace(HISTORY, open=2, open_until=NOW - 30 * DAY)
    found = certificate(history=history)

    assert found.complete_from == NOW - 30 * DAY
    assert (found.open_slices, found.slices) == (2, 9)


def test_slices_without_a_start_are_complete_from_the_beginning():
    """The marketplace's first day has no date."""
    found = certificate(history=replace(HISTORY, begins_at=None))

    assert (found.complete_from, found.from_beginning) == (None, True)


def test_a_stream_that_is_read_in_full_is_complete_from_the_beginning():
    """It has no slices."""
    assert certificate(history=None, reads_in_full=True).from_beginning


def test_a_stream_without_a_complete_window_has_no_certificate():
    """Whatever its slices brought."""
    found = certificate(replace(STORED, progress=Progress()))

    assert (found.complete_from, found.complete_to) == (None, None)
    assert not found.from_beginning


def test_where_a_stream_began_before_it_had_slices_is_not_known():
    """It is not guessed."""
    found = certificate(history=None)

    assert (found.complete_from, found.from_beginning) == (None, False)


def stalled(*, after, every=5 * MINUTE, **changes):
    """Tell whether a stream that moved last so long ago is stalled."""
    return is_stalled(replace(STORED, **changes), every=every, now=NOW + after)


def test_a_stream_is_stalled_when_it_has_not_moved_for_three_intervals():
    """One pull that failed is a bad quarter of an hour."""
    assert not stalled(after=15 * MINUTE)
    assert stalled(after=16 * MINUTE)


def test_a_short_interval_is_given_some_minutes():
    """Its pulls may wait behind others."""
    assert not stalled(after=4 * MINUTE, every=timedelta(seconds=2))
    assert stalled(after=6 * MINUTE, every=timedelta(seconds=2))


def test_a_stream_that_should_not_run_is_not_stalled():
    """It is paused, dead or disabled, and that was told."""
    assert not stalled(after=DAY, next_run_at=None)
