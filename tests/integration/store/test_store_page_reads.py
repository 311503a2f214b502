"""The log of page reads: found by window, purged by age."""

import pytest

from tests.integration.store.made_up import DAY, MINUTE, NOW, SHOP_KEY
from worker.domain.records import Stream
from worker.store import page_reads
from worker.store.page_reads import (
    PageRead,
    log_page_read,
    page_reads_by_id,
    purge_page_reads,
    reads_of_windows_around,
)

pytestmark = pytest.mark.integration

CALLS = [("/orders/search", 429, None), ("/orders/search", 200, "2026-1")]


def log(database, start, end, *, now=NOW, shop_key=SHOP_KEY):
    """Log a page of a window."""
    read = PageRead(
        shop_key=shop_key,
        stream=Stream.ORDERS,
        turn="turn-1",
        window_start=start,
        window_end=end,
        section="",
        seen_before=100,
        step="on",
        rows=50,
        total=150,
        calls=CALLS,
        milliseconds=312,
    )
    with database.write() as connection:
        return log_page_read(connection, read, now=now)


def around(database, moment, *, limit=10):
    """Return the numbers of the reads whose window holds a moment."""
    with database.read() as connection:
        found = reads_of_windows_around(
            connection, SHOP_KEY, Stream.ORDERS, moment, limit=limit
        )
    return [read.id for read in found]


def test_a_read_comes_back_as_it_was_logged(database):
    """With each call and what the marketplace calls it."""
    number = log(database, NOW - DAY, NOW)
    with database.read() as connection:
        found = page_reads_by_id(connection, [number, 404])

    assert found.keys() == {number}
    read = found[number]
    assert (read.at, read.window_start, read.window_end) == (NOW, NOW - DAY, NOW)
    assert read.calls == CALLS
    assert (read.turn, read.seen_before, read.rows, read.total, read.milliseconds) == (
        *("turn-1", 100, 50, 150),
        312,
    )


def test_windows_are_found_by_a_moment(database):
    """Both ends belong to a window; a window without start has everything before its end."""
    first = log(database, None, NOW)
    second = log(database, NOW, NOW + DAY)
    log(database, NOW, NOW + DAY, shop_key="another")

    assert around(database, NOW) == [second, first]
    assert around(database, NOW - 9 * DAY) == [first]
    assert around(database, NOW + MINUTE) == [second]
    assert around(database, NOW + 2 * DAY) == []
    assert around(database, None, limit=1) == [second]


def test_old_ones_are_purged_in_batches(database, monkeypatch):
    """And no number is given again."""
    monkeypatch.setattr(page_reads, "_BATCH", 2)
    numbers = [log(database, None, NOW, now=NOW + day * DAY) for day in range(4)]
    done = []
    for _ in range(3):
        with database.write() as connection:
            done.append(purge_page_reads(connection, before=NOW + 3 * DAY))
    left = around(database, None)
    with database.write() as connection:
        purge_page_reads(connection, before=NOW + 9 * DAY)

    assert (done, left) == ([2, 1, 0], numbers[3:])
    assert log(database, None, NOW) > numbers[-1]
