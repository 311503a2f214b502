"""What to believe when a marketplace does not show records that we hold; pure.

An empty or filtered list looks just like a shop that was emptied, so many at once are not
believed before an operator has looked: https://github.com/NangoHQ/nango/issues/1132
"""

# So many may go without a question, however few there are.
_FEW = 10
# So many of all may go without a question.
_SMALL_PART = 0.1


def needs_confirmation(*, missing: int, held: int) -> bool:
    """Whether so many are missing that an operator must say yes."""
    return missing > _FEW and missing > held * _SMALL_PART
