"""How many missing records are believed without a question."""

import pytest

from worker.sync.absence import needs_confirmation


@pytest.mark.parametrize(
    ("missing", "held", "expected"),
    [
        (0, 0, False),
        (10, 10, False),
        (11, 11, True),
        (11, 109, True),
        (11, 110, False),
        (100, 1000, False),
        (101, 1000, True),
    ],
)
def test_more_than_ten_and_more_than_a_tenth_need_an_operator(missing, held, expected):
    """A few are asked for by id, and a tenth of a large shop is everyday life."""
    assert needs_confirmation(missing=missing, held=held) is expected
