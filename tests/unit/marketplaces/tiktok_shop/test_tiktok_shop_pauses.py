"""How long a server asks to be left alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.marketplaces.tiktok_shop.pauses import requested_pause, until_next_hour

NOW = "Sat, 22 Nov 2025 13:45:30 GMT"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("0", timedelta(0)),
        ("7", timedelta(seconds=7)),
        (" 120 ", timedelta(minutes=2)),
        ("Sat, 22 Nov 2025 13:46:00 GMT", timedelta(seconds=30)),
        ("Sat, 22 Nov 2025 13:46:00 -0000", timedelta(seconds=30)),
        ("Sat, 22 Nov 2025 13:00:00 GMT", timedelta(0)),
        # Nobody means years.
        ("999999999", timedelta(days=1)),
        ("Sat, 22 Nov 2185 13:00:00 GMT", timedelta(days=1)),
        ("9" * 5000, None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood(
    wish: str, expected: timedelta | None
) -> None:
    """A date counts from the reply's own, not from our clock."""
    assert expected == requested_pause({"retry-after": wish, "date": NOW})


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_date_alone_says_nothing(headers: dict[str, str]) -> None:
    """Without the server's time there is nothing to measure it by."""
    wish = {"retry-after": "Sat, 22 Nov 2025 13:46:00 GMT"}

    assert requested_pause(wish | headers) is None
    assert requested_pause(headers) is None
    assert until_next_hour(headers) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, timedelta(minutes=14, seconds=30)),
        ("Sat, 22 Nov 2025 13:00:00 GMT", timedelta(hours=1)),
        ("Sat, 22 Nov 2025 13:59:59 GMT", timedelta(seconds=1)),
    ],
)
def test_the_next_full_hour_is_never_now(now: str, expected: timedelta) -> None:
    """A quota that has just ended at 13:00:00 is back at 14:00."""
    assert expected == until_next_hour({"date": now})


@given(wish=st.text(), now=st.text())
def test_no_header_is_too_strange(wish: str, now: str) -> None:
    """A pause is between nothing and a day."""
    pause = requested_pause({"retry-after": wish, "date": now})

    assert pause is None or timedelta(0) <= pause <= timedelta(days=1)
