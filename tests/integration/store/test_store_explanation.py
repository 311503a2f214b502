"""What is known of a record that lies in history, or would."""

import pytest

from tests.integration.store.made_up import DAY, NOW, SHOP_KEY, order, write
from worker.domain.pages import Window
from worker.domain.records import Stream
from worker.store.explanation import explain, shops_with
from worker.store.schema.slices import slices
from worker.store.slices import add_slices

pytestmark = pytest.mark.integration


@pytest.fixture
def with_history(connected):
    """Return the database with two slices, of which the recent one is done."""
    windows = [Window(NOW - DAY, NOW), Window(NOW - 9 * DAY, NOW - DAY)]
    with connected.write() as connection:
        add_slices(connection, SHOP_KEY, Stream.ORDERS, windows, now=NOW)
        connection.execute(
            slices.update().where(slices.c.window_end == NOW).values(done_at=NOW)
        )
        connection.execute(
            slices.update()
            .where(slices.c.window_end < NOW)
            .values(failures=2, last_error="RetryLater: busy")
        )
    return connected


def explained(database, record_id="1"):
    """Return what is known."""
    with database.read() as connection:
        return explain(connection, SHOP_KEY, Stream.ORDERS, record_id)


def test_a_stored_record_names_the_slice_that_holds_it(with_history):
    """By its update time."""
    write(with_history, order(updated_at=NOW - 2 * DAY))
    (part,) = explained(with_history)["history"]

    assert (part["start"], part["end"], part["done_at"]) == (
        *(NOW - 9 * DAY, NOW - DAY),
        None,
    )
    assert (part["attempt_at"], part["failures"]) == (NOW, 2)


def test_what_was_never_seen_may_be_in_any_slice_that_is_not_done(with_history):
    """With the attempt that may bring it, and what stopped the last one."""
    found = explained(with_history)

    assert found["stored"] is None
    assert [part["last_error"] for part in found["history"]] == ["RetryLater: busy"]


def test_a_record_is_found_by_its_id_alone(with_history):
    """In every shop that has it, of that stream."""
    write(with_history, order("7"))
    with with_history.read() as connection:
        assert shops_with(connection, Stream.ORDERS, "7") == [SHOP_KEY]
        assert shops_with(connection, Stream.PRODUCTS, "7") == []
        assert shops_with(connection, Stream.ORDERS, "8") == []
