"""A worker ends in time whatever its database does."""

from threading import Event

import pytest
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs

from worker.health.ending import end_in_time


@pytest.fixture
def answer():
    """Hold back the database's answer until the test is over."""
    answer = Event()
    yield answer
    answer.set()


def test_it_does_not_wait_for_a_database_that_does_not_answer(answer):
    """What it holds is free when its leases are over."""
    codes: list[int] = []

    def silent_database():
        answer.wait()
        raise SQLAlchemyError

    with capture_logs() as logs:
        end_in_time(silent_database, grace=0, end=codes.append).join(5)

    assert codes == [0]
    assert [line["event"] for line in logs] == ["leases_not_given_back"]
