"""What somebody asks of a stream: at once, from a moment on, and until it is done."""

import pytest

from tests.integration.store.made_up import APP, DAY, MINUTE, NOW, SECOND, SHOP_KEY
from tests.integration.store.stream_work import claim, finish, request, stored
from worker.store.claims import keep_since, take_since
from worker.store.resting import pause_shop, resume_shop
from worker.store.waiting import urgent_streams

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("since", [None, NOW - DAY], ids=["now", "since"])
def test_a_request_that_came_during_a_pull_is_due_at_once(connected, since):
    """What it asked for may lie behind the window that was being read."""
    held = claim(connected)
    request(connected, now=NOW + SECOND, since=since)
    finish(connected, held, now=NOW + MINUTE)

    assert stored(connected).next_run_at == NOW + MINUTE


def test_a_request_from_before_a_pull_is_served_by_it(connected):
    """It does not make the stream due once more."""
    request(connected)
    finish(connected, claim(connected))

    assert stored(connected).next_run_at == NOW + 5 * MINUTE


def test_an_open_request_does_not_shorten_a_back_off(connected):
    """What is still to be read again waits like everything else."""
    held = claim(connected)
    with connected.write() as connection:
        keep_since(connection, held, NOW - DAY)
    finish(connected, held, next_run_at=NOW + 30 * MINUTE, failures=1)

    assert stored(connected).next_run_at == NOW + 30 * MINUTE
    assert stored(connected).since == NOW - DAY


def urgent(database, *, now=NOW):
    """Return the streams that somebody asked for."""
    with database.write() as connection:
        found = urgent_streams(connection, APP.app_id, now=now, limit=10)
        return [each.number for each in found]


def test_what_somebody_asked_for_is_urgent_until_it_is_claimed(connected):
    """Also while it is being pulled: what was asked for may have come after the read."""
    before = urgent(connected)
    request(connected)
    asked = urgent(connected)
    held = claim(connected)
    claimed = urgent(connected)
    request(connected)
    finish(connected, held)

    assert (before, asked, claimed) == ([], [held.stream_id], [])
    assert urgent(connected) == [held.stream_id]


def test_a_paused_stream_is_not_urgent(connected):
    """It is when it is resumed."""
    number = stored(connected).id
    with connected.write() as connection:
        pause_shop(connection, SHOP_KEY, reason="by operator")
    request(connected)
    paused = urgent(connected)
    with connected.write() as connection:
        resume_shop(connection, SHOP_KEY, now=NOW)

    assert paused == []
    assert urgent(connected) == [number]


def test_a_request_during_a_pull_does_not_enable_a_stream_again(connected):
    """The pull has just found that it may not be read."""
    held = claim(connected)
    request(connected, since=NOW - DAY)
    finish(connected, held, next_run_at=None, disabled="no scope")

    assert stored(connected).next_run_at is None


def test_what_was_asked_for_is_taken_once(connected):
    """Whoever takes it opens that window in the same transaction."""
    request(connected, since=NOW - DAY)
    held = claim(connected)
    with connected.write() as connection:
        taken = take_since(connection, held), take_since(connection, held)

    assert taken == (NOW - DAY, None)


def test_of_two_requests_the_earlier_start_counts(connected):
    """In whichever order they come; one without a start changes nothing."""
    for since in (NOW - DAY, NOW - 3 * DAY, None, NOW - 2 * DAY):
        request(connected, since=since)

    assert stored(connected).since == NOW - 3 * DAY


def test_a_request_that_is_not_taken_survives_a_crash(connected):
    """The window was opened in a transaction that did not commit."""
    request(connected, since=NOW - DAY)
    held = claim(connected)

    def crash():
        with connected.write() as connection:
            take_since(connection, held)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    assert stored(connected).since == NOW - DAY


def test_the_rest_of_a_window_that_was_cut_is_asked_for_again(connected):
    """Unless an earlier start is asked for already."""
    held = claim(connected)
    with connected.write() as connection:
        keep_since(connection, held, NOW - DAY)
        keep_since(connection, held, NOW - MINUTE)

    assert stored(connected).since == NOW - DAY
