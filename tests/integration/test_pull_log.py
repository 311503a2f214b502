"""What a pull writes into the log of page reads, and how its rows refer to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.integration.simulated import (
    LONG_AGO,
    NOW,
    SHOP,
    Killed,
    SimulatedMarketplace,
    catch_up,
    connect,
    many,
    minutes_ago,
    rest,
    stream,
    turn,
)
from worker.domain.errors import RetryLater
from worker.domain.records import Stream
from worker.store.page_reads import page_reads_by_id, reads_of_windows_around
from worker.store.schema.feed import changes
from worker.store.schema.records import raw_payloads, unreadable_rows

pytestmark = pytest.mark.integration


@pytest.fixture
def connected(database):
    """Return the database with one shop in it."""
    connect(database)
    return database


@pytest.fixture
def rested(connected):
    """Return the same with a stream that has 40 days to catch up."""
    rest(connected, NOW - timedelta(days=40))
    return connected


def logged(database):
    """Return all page reads, oldest first."""
    with database.read() as connection:
        found = reads_of_windows_around(
            connection, SHOP.shop_key, Stream.ORDERS, None, limit=100
        )
    return found[::-1]


def read_ids(database, table, id_name):
    """Return which page read each row refers to, by the record's id."""
    columns = table.c
    with database.read() as connection:
        rows = connection.execute(select(columns[id_name], columns.read_id))
        return {row[0]: row[1] for row in rows}


def test_each_page_is_logged_with_its_place_in_its_window(rested):
    """Seven orders of one day are three pages; the last one completes the window."""
    turn(rested, SimulatedMarketplace(dict.fromkeys("abcdefg", LONG_AGO)))
    pages = [read for read in logged(rested) if read.window_end > LONG_AGO][:3]

    assert [(read.seen_before, read.rows, read.step) for read in pages] == [
        (0, 3, "on"),
        (3, 3, "on"),
        (6, 1, "complete"),
    ]
    assert {(read.window_start, read.window_end) for read in pages} == {
        (pages[0].window_start, pages[0].window_end)
    }
    assert pages[0].window_start <= LONG_AGO <= pages[0].window_end
    assert {(read.turn, read.total) for read in pages} == {("mine", 7)}


def test_rows_refer_to_the_page_that_brought_them(connected):
    """Payloads, changes and rows that could not be understood; also those of history."""
    marketplace = SimulatedMarketplace(many(7), broken=frozenset({"o003"}))
    catch_up(connected, marketplace)
    payloads = read_ids(connected, raw_payloads, "record_id")
    broken = read_ids(connected, unreadable_rows, "record_id")
    with connected.read() as connection:
        reads = page_reads_by_id(connection, [*payloads.values(), *broken.values()])

    assert payloads == read_ids(connected, changes, "id")
    assert (payloads.keys(), broken.keys()) == (
        marketplace.times.keys() - {"o003"},
        {"o003"},
    )
    for record_id, number in (payloads | broken).items():
        read = reads[number]
        moment = marketplace.times[record_id]
        assert read.window_start is None or read.window_start <= moment
        assert read.window_end is not None
        assert moment <= read.window_end


def test_a_row_that_did_not_change_still_refers_to_the_first_page(connected):
    """The later ones have shown it, but not written it."""
    marketplace = SimulatedMarketplace({"a": minutes_ago(2)})
    turn(connected, marketplace)
    first = read_ids(connected, raw_payloads, "record_id")
    before = len(logged(connected))
    turn(connected, marketplace)

    assert read_ids(connected, raw_payloads, "record_id") == first
    assert len(logged(connected)) == before + 1


def test_a_page_that_was_not_written_is_not_logged(rested):
    """Killed, or refused: the log tells of what is here."""
    marketplace = SimulatedMarketplace(
        many(7), before={2: RetryLater("orders", "busy"), 4: Killed()}
    )
    turn(rested, marketplace)
    after_refusal = len(logged(rested))
    with pytest.raises(Killed):
        turn(rested, marketplace)

    assert (after_refusal, len(logged(rested))) == (1, 2)
    assert stream(rested).failures == 1
