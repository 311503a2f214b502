"""Times, ages and numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.web.words import ago, duration, number, sentence, short, with_code

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (75, "1 min 15 s"),
        (599, "9 min 59 s"),
        (601, "10 min"),
        (3_600, "1 h"),
        (12_060, "3 h 21 min"),
        (86_400 * 9 + 3_600 * 5, "9 d 5 h"),
        (86_400 * 364 + 3_600, "364 d"),
    ],
)
def test_an_age_has_two_units_at_most(seconds, shown):
    """The second one only while it says something."""
    assert short(seconds).replace("\N{NO-BREAK SPACE}", " ") == shown
    assert short(timedelta(seconds=-seconds)) == short(seconds)


def test_a_moment_is_ahead_or_ago():
    """Or just now."""
    shown = [
        ago(NOW + timedelta(seconds=seconds), NOW).replace("\N{NO-BREAK SPACE}", " ")
        for seconds in (-90, -0.2, 0, 7200)
    ]

    assert shown == ["1 min 30 s ago", "just now", "just now", "in 2 h"]


def test_a_setting_is_shown_as_it_was_written():
    """Not rounded."""
    lengths = [timedelta(days=30), timedelta(hours=36), timedelta(seconds=1)]

    assert [duration(each) for each in lengths] == ["30 days", "36 hours", "1 second"]


def test_numbers_have_no_digits_that_say_nothing():
    """Thousands apart."""
    assert [number(value) for value in (1234567, 99.96, 20.0)] == [
        "1,234,567",
        "100.0",
        "20",
    ]


def test_names_become_sentences():
    """Those of events."""
    assert sentence("authorization_ends_soon") == "Authorization ends soon"


def test_commands_are_code_and_all_else_is_escaped():
    """Also what stands in the backticks."""
    assert with_code("run `a <b>` & see") == "run <code>a &lt;b&gt;</code> &amp; see"
    assert with_code("one ` only <") == "one ` only &lt;"
