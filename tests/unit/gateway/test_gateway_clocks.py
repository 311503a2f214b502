"""What the gateway makes of the dates in replies."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.clocks import ServerClocks

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())


def test_an_unknown_server_has_our_time() -> None:
    """A server that told nothing is taken to have our time."""
    clocks = ServerClocks(lambda: NOON + 0.9)

    assert clocks.now("api.example") == NOON


def test_a_date_corrects_one_hosts_clock_only() -> None:
    """A reply's date corrects the clock of its host, and of no other."""
    fast = NOON + 3600
    clocks = ServerClocks(lambda: float(fast))

    said = clocks.learn(
        "api.example", {"date": DATE}, sent_at=fast - 0.1, received_at=fast + 0.1
    )

    assert said == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert clocks.now("api.example") == NOON
    assert clocks.now("auth.example") == fast


@given(
    ours=st.floats(-86_400, 86_400),
    there=st.floats(0, 10),
    back=st.floats(0, 10),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_the_learned_clock_is_off_by_half_the_round_trip_and_half_a_second(
    ours: float, there: float, back: float, fraction: float
) -> None:
    """The learned clock is right to half the trip plus the second's coarseness."""
    written_at = (
        NOON + fraction
    )  # by the server's true clock, of which it tells whole seconds
    now = written_at + back + ours
    clocks = ServerClocks(lambda: now)

    clocks.learn(
        "api.example",
        {"date": DATE},
        sent_at=written_at - there + ours,
        received_at=now,
    )

    true_now = written_at + back
    # A second more, because `now` is cut to whole seconds.
    assert abs(clocks.now("api.example") - true_now) <= (there + back) / 2 + 0.5 + 1


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT", "0"]
)
def test_a_date_nobody_can_read_changes_nothing(date: str) -> None:
    """A missing or broken date leaves the clock as it was."""
    clocks = ServerClocks(lambda: float(NOON))

    said = clocks.learn("api.example", {"date": date}, sent_at=0, received_at=0)

    assert said is None
    assert clocks.now("api.example") == NOON


def test_a_date_without_a_zone_is_universal_time() -> None:
    """A date that names no zone is read as UTC."""
    clocks = ServerClocks(lambda: float(NOON))

    said = clocks.learn(
        "api.example",
        {"date": "Sun, 22 Nov 2026 12:00:00 -0000"},
        sent_at=NOON,
        received_at=NOON,
    )

    assert said == datetime(2026, 11, 22, 12, tzinfo=UTC)
