"""Values of any number go to the database in one statement."""

import pytest
from sqlalchemy import event, select

from tests.integration.store.made_up import NOW, SECOND, SHOP_KEY, line, order, write
from worker.domain.records import Stream
from worker.store.lateness import unknown_ids
from worker.store.membership import one_of, one_of_given
from worker.store.schema.records import orders
from worker.store.schema.streams import streams

pytestmark = pytest.mark.integration
IDS = ("1", "2", "3")


@pytest.fixture
def stored(connected):
    """Return a database with three orders."""
    write(connected, *map(order, IDS))
    return connected


@pytest.fixture
def statements(connected):
    """Return the statements that are executed, in order."""
    seen = []

    @event.listens_for(connected.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    yield seen
    event.remove(connected.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("wanted", [(), ("2",), ("3", "1"), ("1", "x'y\"", "Ü", "9")])
def test_rows_with_one_of_the_values_are_found(stored, wanted):
    """None, one or many, whether they come with the statement or after it; or all others."""
    column = orders.c.order_id
    among = select(column).where(one_of(column, wanted))
    given = select(column).where(one_of_given(column, "ids"))
    others = select(column).where(~one_of(column, iter(wanted)))
    with stored.read() as connection:
        found = [
            set(connection.execute(among).scalars()),
            set(connection.execute(given, {"ids": list(wanted)}).scalars()),
            set(IDS) - set(connection.execute(others).scalars()),
        ]

    assert found == [set(IDS) & set(wanted)] * 3


def test_numbers_are_compared_as_numbers(connected):
    """A column of numbers is among numbers, of any kind of sequence."""
    number = streams.c.id
    with connected.read() as connection:
        known = connection.execute(select(number).order_by(number)).scalars().all()
        among = select(number).where(one_of_given(number, "ids")).order_by(number)
        found = connection.execute(among, {"ids": (*known, known[-1] + 1)})

        assert found.scalars().all() == known


def test_pages_of_any_size_need_the_same_statements(connected, statements):
    """First rows, unchanged and changed ones with their lines: one order as many of them."""
    needed = []
    for size in (1, 2, 5):
        ids = [f"{size}-{number}" for number in range(size)]
        del statements[:]
        with connected.read() as connection:
            unknown_ids(connection, Stream.ORDERS, SHOP_KEY, ids)
        write(connected, *(order(each, lines=(line(),)) for each in ids))
        write(connected, *(order(each, lines=(line(),)) for each in ids))
        later = NOW + SECOND
        write(connected, *(order(each, updated_at=later) for each in ids))
        needed.append(set(statements))

    assert needed == [needed[0]] * 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_finds_them_in_the_index(stored, statements):
    """Each value is looked up, instead of each row."""
    wanted = (orders.c.shop_key == SHOP_KEY) & one_of(orders.c.order_id, IDS)
    with stored.read() as connection:
        connection.execute(select(orders.c.status).where(wanted))
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statements[-1]}", (SHOP_KEY, "[]")
        ).all()

    assert "(shop_key=? AND order_id=?)" in plan[0].detail
