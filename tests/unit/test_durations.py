"""Durations as people write them."""

from datetime import timedelta

import pytest

from config.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        ("90d", timedelta(days=90)),
        ("2w", timedelta(weeks=2)),
        ("250ms", timedelta(milliseconds=250)),
        ("1.5s", timedelta(seconds=1.5)),
        (" 5M ", timedelta(minutes=5)),
        ("PT5M", timedelta(minutes=5)),
        ("p3d", timedelta(days=3)),
    ],
)
def test_both_ways_of_writing_are_understood(text, expected):
    """`5m`-style and ISO 8601 give the same values."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "five minutes", "5m later", "m5"])
def test_anything_else_says_how_to_write_it(text):
    """A text that is no duration is refused with an example."""
    with pytest.raises(ValueError, match="write it like 5m"):
        parse_duration(text)


@pytest.mark.parametrize("word", ["all", "forever", "never"])
def test_a_setting_may_take_a_word_instead(word):
    """Only that one; a wrong text is told of it."""
    assert parse_duration(word, word=word) == word
    with pytest.raises(ValueError, match=r"PT5M$"):
        parse_duration(word)
    with pytest.raises(ValueError, match=f"PT5M, or {word}$"):
        parse_duration("always", word=word)


def test_other_types_are_left_to_the_settings():
    """Values that are no text pass through."""
    assert parse_duration(timedelta(1)) == timedelta(1)
