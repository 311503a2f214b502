"""Many rows at once: what the databases do with them, and with what they refuse."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from tests.integration.store.made_up import NOW, SHOP_KEY
from worker.store.many_rows import ManyRows
from worker.store.schema.records import raw_payloads

pytestmark = pytest.mark.integration

PAYLOADS = ManyRows(raw_payloads)


def row(record_id, payload="{}"):
    """Return one row in the order of the columns."""
    return (SHOP_KEY, "orders", record_id, payload, NOW, None, None)


def payloads(database):
    """Return what is stored, by id."""
    columns = raw_payloads.c
    with database.read() as connection:
        found = connection.execute(select(columns.record_id, columns.payload)).all()
    return dict(found)


def test_new_rows_are_added_and_known_ones_replaced(database):
    """Of two rows with one key the later one stays."""
    with database.write() as connection:
        PAYLOADS.add(connection, [row("1"), row("2")])
        PAYLOADS.put(connection, [row("2", "[2]"), row("3"), row("3", "[3]")])

    assert payloads(database) == {"1": "{}", "2": "[2]", "3": "[3]"}


def test_no_rows_are_no_statement(database):
    """An empty page costs nothing."""
    with database.read() as connection:
        PAYLOADS.add(connection, [])
        PAYLOADS.put(connection, [])


def test_text_of_every_kind_arrives_as_it_is(database):
    """What separates columns and rows in other formats is text here."""
    odd = '\t\n\r\\N \\. "{}", 🐸'
    with database.write() as connection:
        PAYLOADS.add(connection, [row(odd, odd)])

    assert payloads(database) == {odd: odd}


def test_a_row_that_was_there_is_refused_and_nothing_is_written(database):
    """With the error that any other statement raises; it does not show the rows."""
    with database.write() as connection:
        PAYLOADS.add(connection, [row("1")])

    with pytest.raises(IntegrityError) as refused, database.write() as connection:
        PAYLOADS.add(connection, [row("2"), row("1", "a buyer's address")])

    assert "a buyer's address" not in str(refused.value)
    assert payloads(database) == {"1": "{}"}


def test_a_connection_that_dies_is_replaced(database):
    """The transaction is lost with the error of a lost connection; the next one works."""
    if database.is_sqlite:
        pytest.skip("there is no connection to lose")

    def die_midway():
        with database.write() as connection:
            number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            PAYLOADS.add(connection, [row("1")])
            with database.write() as other:
                other.execute(
                    text("SELECT pg_terminate_backend(:number, 5000)"),
                    {"number": number},
                )
            PAYLOADS.add(connection, [row("2")])

    with pytest.raises(OperationalError) as lost:
        die_midway()

    assert isinstance(lost.value, DBAPIError)
    assert lost.value.connection_invalidated
    assert payloads(database) == {}
