"""The strict sliding second, against the definition of a violation."""

from hypothesis import given
from hypothesis import strategies as st

from worker.sandbox.limits import SlidingSecond
from worker.sandbox.traffic import Traffic

SECOND = 1024  # ticks, so that times are exact as floats
GAPS = st.lists(st.integers(0, 1500), max_size=60)  # ticks between calls
LIMIT = st.integers(1, 5)


@given(GAPS, LIMIT)
def test_no_second_holds_more_than_the_limit(gaps: list[int], limit: int) -> None:
    """Of the calls let in, no `limit + 1` lie within one second."""
    second = SlidingSecond(limit)
    now = 0
    let_in: list[int] = []
    for gap in gaps:
        now += gap
        if second.admit(now / SECOND):
            let_in.append(now)

    spans = [
        later - sooner for sooner, later in zip(let_in, let_in[limit:], strict=False)
    ]

    assert [span for span in spans if span < SECOND] == []


@given(GAPS, LIMIT)
def test_a_call_is_only_refused_when_it_must_be(gaps: list[int], limit: int) -> None:
    """A refused call would have been one too many within the second before it."""
    second = SlidingSecond(limit)
    now = 0
    let_in: list[int] = []
    for gap in gaps:
        now += gap
        recent = [at for at in let_in if now - at < SECOND]
        admitted = second.admit(now / SECOND)

        assert admitted == (len(recent) < limit)

        if admitted:
            let_in.append(now)


def test_keys_are_counted_apart() -> None:
    """One shop's calls leave another shop's allowance alone; violations are counted."""
    traffic = Traffic(limit=1)

    admitted = [
        traffic.admit(key, "/orders", at=at)
        for key, at in (("a", 0.0), ("b", 0.1), ("a", 0.2), ("a", 1.0))
    ]

    assert admitted == [True, True, False, True]
    report = traffic.report(at=1.05)
    assert (report["calls"], report["violations"], report["last_second"]) == (4, 1, 2)
    assert report["endpoints"] == {"/orders": 4}


def test_a_reset_forgets_counts_but_not_the_second() -> None:
    """After a reset all counts are zero, and a full second is still full."""
    traffic = Traffic(limit=1)
    traffic.admit("a", "/orders", at=0.0)

    traffic.reset()

    assert traffic.report(at=0.0)["calls"] == 0
    assert not traffic.admit("a", "/orders", at=0.5)
