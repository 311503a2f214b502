"""The marks of the runway."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.tokens.runway import passed_mark

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "mark"),
    [
        (timedelta(days=36000), None),
        (timedelta(days=30, seconds=1), None),
        (timedelta(days=30), 30),
        (timedelta(days=14, seconds=1), 30),
        (timedelta(days=14), 14),
        (timedelta(days=7), 7),
        (timedelta(days=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(days=-5), 1),
    ],
)
def test_the_nearest_passed_mark_counts(left, mark):
    """30, 14, 7 and 1 days; whoever looks late is told the nearest one only."""
    assert passed_mark(NOW + left, now=NOW) == mark
