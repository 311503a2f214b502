"""When tokens are refreshed, and when a failed refresh is tried again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.backoff import wait_after
from worker.domain.grants import Grant
from worker.tokens.timing import next_attempt, next_refresh

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CHANCES = st.floats(min_value=0, max_value=1, exclude_max=True)


def grant(lifetime, refresh_token="r"):
    """Return a grant that lives this long."""
    return Grant(
        subject="s",
        access_token="a",
        access_expires_at=NOW + lifetime,
        refresh_token=refresh_token,
    )


def due(lifetime, *, chance=0.0, refresh_token="r"):
    """Return how long after its issue a grant is refreshed."""
    return (
        next_refresh(
            grant(lifetime, refresh_token),
            now=NOW,
            check_every=timedelta(days=1),
            chance=chance,
        )
        - NOW
    )


def test_a_quarter_of_the_lifetime_is_kept_in_reserve():
    """Seven days: refreshed after five and a quarter."""
    assert due(timedelta(days=7)) == timedelta(days=5.25)


def test_ten_minutes_are_kept_at_the_least():
    """Thirty minutes: a quarter would be less than ten minutes."""
    assert due(timedelta(minutes=30)) == timedelta(minutes=20)


def test_a_very_short_life_is_halved():
    """Ten minutes before the end would be at once, for ever."""
    assert due(timedelta(seconds=60)) == timedelta(seconds=30)


def test_a_token_without_refresh_token_is_looked_at_daily():
    """Nothing can be renewed, but it may have been replaced or narrowed."""
    assert due(timedelta(days=365), refresh_token=None) == timedelta(days=1)


@given(
    lifetime=st.timedeltas(timedelta(seconds=1), timedelta(days=40000)),
    chance=CHANCES,
)
def test_the_refresh_lies_between_now_and_expiry(lifetime, chance):
    """Also for lifetimes of a century."""
    assert timedelta(0) <= due(lifetime, chance=chance) <= lifetime


def test_a_token_that_has_ended_is_not_asked_after_at_once():
    """Whatever the reply says, the next look is a minute away."""
    assert due(timedelta(seconds=-5)) == timedelta(minutes=1)


@given(chance=CHANCES)
def test_tokens_issued_together_spread_forward_only(chance):
    """The spread costs at most a twentieth of the lifetime, and never delays."""
    week = timedelta(days=7)

    assert due(week) - week / 20 <= due(week, chance=chance) <= due(week)


@given(failures=st.integers(1, 1000), chance=CHANCES)
def test_retries_wait_longer_and_longer_up_to_an_hour(failures, chance):
    """Never less than half the step, never more than the bound."""
    wait = next_attempt(failures, now=NOW, chance=chance) - NOW

    assert timedelta(seconds=7) < wait <= timedelta(hours=1)


def test_each_failure_doubles_the_wait():
    """1, 2, 4, … times the first wait."""
    waits = [
        wait_after(n, first=timedelta(1), longest=timedelta(100), chance=0)
        for n in (0, 1, 2, 3, 4)
    ]

    assert waits == [timedelta(days) for days in (1, 1, 2, 4, 8)]
