"""The feed lets go of its oldest changes, and a reader who comes too late is told."""

import pytest

from tests.integration.store.made_up import DAY, NOW, order, write
from worker.domain.errors import OperatorError
from worker.store import feed
from worker.store.export import changes_after
from worker.store.feed import newest_change, purge_changes, purged_through

pytestmark = pytest.mark.integration


def purge(database, *, before):
    """Do one batch."""
    with database.write() as connection:
        return purge_changes(connection, before=before)


def read(database, seq):
    """Return the ids of what changed after a number."""
    with database.read() as connection:
        return [change["id"] for change in changes_after(connection, seq, limit=100)]


@pytest.fixture
def five_days(connected):
    """Return a database with one change a day."""
    for number in range(5):
        write(connected, order(str(number)), now=NOW + number * DAY)
    return connected


def test_what_is_older_leaves_the_front(five_days):
    """What is as old as that stays."""
    purge(five_days, before=NOW + 2 * DAY)
    with five_days.read() as connection:
        purged = purged_through(connection)

    assert read(five_days, purged) == ["2", "3", "4"]


def test_a_reader_who_has_read_what_is_gone_goes_on(five_days):
    """Up to the very number that is no longer kept."""
    purge(five_days, before=NOW + 2 * DAY)

    assert read(five_days, 2) == ["2", "3", "4"]
    assert read(five_days, 4) == ["4"]


@pytest.mark.parametrize("seq", [0, 1])
def test_a_reader_who_has_not_is_told(five_days, seq):
    """Silence would be a hole in the reader's data."""
    purge(five_days, before=NOW + 2 * DAY)
    with pytest.raises(OperatorError, match="no longer kept") as refused:
        read(five_days, seq)

    assert "\n" not in str(refused.value)


def test_an_empty_feed_remembers_how_far_it_was(five_days):
    """Numbers go on; who has read all of it misses nothing, others are told."""
    purge(five_days, before=NOW + 99 * DAY)
    with five_days.read() as connection:
        newest = newest_change(connection)
    caught_up = read(five_days, newest)
    write(five_days, order("next"), now=NOW + 99 * DAY)

    assert (newest, caught_up) == (5, [])
    assert read(five_days, newest) == ["next"]
    with pytest.raises(OperatorError, match="no longer kept"):
        read(five_days, newest - 1)


def test_it_goes_in_batches(five_days, monkeypatch):
    """Nobody waits long behind one, and killed between two, the next one goes on."""
    monkeypatch.setattr(feed, "_BATCH", 2)

    assert [purge(five_days, before=NOW + 3 * DAY) for _ in range(3)] == [2, 1, 0]
    assert read(five_days, 3) == ["3", "4"]


def test_a_change_from_a_clock_that_is_ahead_keeps_its_place(connected):
    """Only the front leaves, so that what is kept has no hole."""
    for day in (0, 5, 1):
        write(connected, order(str(day)), now=NOW + day * DAY)
    purge(connected, before=NOW + 2 * DAY)

    assert read(connected, 1) == ["5", "1"]


def test_nothing_is_purged_where_nothing_is_old(five_days):
    """Everybody may start from the beginning."""
    assert purge(five_days, before=NOW) == 0
    assert read(five_days, 0) == ["0", "1", "2", "3", "4"]
