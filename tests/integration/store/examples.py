"""Made-up cases for properties of what is stored."""

from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Each example works in a shop of its own; the database is made once per test.
over_many_examples = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Of shops.
numbers = count(1000)


@st.composite
def versions(draw):
    """Return versions of one order, in the order of their arrival."""
    texts = st.sampled_from(["a", "b", "c", "d"])
    lines = st.lists(st.sampled_from("123"), unique=True, max_size=3)
    return draw(
        st.lists(st.tuples(st.integers(0, 3), texts, lines), min_size=1, max_size=8)
    )
