"""`--since` understands times and durations."""

from datetime import UTC, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as some

from worker.cli.times import moment

NOW = datetime(2026, 10, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", datetime(2026, 10, 1, 12, tzinfo=UTC)),
        ("1h30m", datetime(2026, 10, 8, 10, 30, tzinfo=UTC)),
        ("P1D", datetime(2026, 10, 7, 12, tzinfo=UTC)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T12:00:00", datetime(2026, 10, 1, 12, tzinfo=UTC)),
        ("2026-10-01T12:00:00Z", datetime(2026, 10, 1, 12, tzinfo=UTC)),
        ("2026-10-01T12:00:00+02:00", datetime(2026, 10, 1, 10, tzinfo=UTC)),
    ],
)
def test_times_and_durations(text, expected):
    """A duration counts back from now; a time without zone is UTC."""
    assert expected == moment(text, now=NOW)


@given(hours=some.integers(min_value=0, max_value=10**6))
def test_a_duration_counts_back_from_now(hours):
    """Whatever its length."""
    assert moment(f"{hours}h", now=NOW) == NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["", "soon", "all", "7x", "2026-13-01", "99999999d", "2026-10-09", "-P1D"]
)
def test_what_is_no_past_moment_is_wrong_usage(text):
    """Neither a time nor a duration, or one that has not come yet."""
    with pytest.raises(typer.BadParameter):
        moment(text, now=NOW)


def test_wrong_usage_is_told_by_the_command(sellersync):
    """The parser's own words reach the person, with exit status 2."""
    ended = sellersync("export", "orders", "--since", "soon")

    assert ended.status == 2
    assert "'soon' is no time" in ended.err
