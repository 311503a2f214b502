"""Slots booked ahead: only for those who come back at once, and never used late."""

from worker.gateway.leases import LARGEST, Leases


def test_who_comes_back_at_once_gets_more_each_time() -> None:
    """Up to a bound."""
    leases = Leases()

    sizes = [leases.wanted("seller", now=number / 1000) for number in range(8)]

    assert sizes == [1, 2, 4, 8, 16, LARGEST, LARGEST, LARGEST]


def test_a_lone_caller_gets_one() -> None:
    """What it does not need would be lost to all."""
    leases = Leases()

    assert [leases.wanted("seller", now=float(number)) for number in range(3)] == [
        1
    ] * 3


def test_slots_are_handed_out_in_order_and_only_to_their_holder() -> None:
    """Another seller's turn is not taken."""
    leases = Leases()
    leases.keep("one", [1.0, 1.1])

    assert leases.take("two", not_before=0.0) is None
    assert leases.take("one", not_before=0.0) == 1.0
    assert leases.take("one", not_before=0.0) == 1.1
    assert leases.take("one", not_before=0.0) is None


def test_a_slot_that_is_over_lapses() -> None:
    """And whoever let it lapse begins small again."""
    leases = Leases()
    for number in range(5):
        leases.wanted("one", now=number / 1000)
    leases.keep("one", [1.0, 1.1, 1.2])

    assert leases.take("one", not_before=1.15) == 1.2
    assert leases.wanted("one", now=0.005) == 2


def test_holders_who_are_gone_are_forgotten() -> None:
    """Ten thousand sellers leave nothing behind."""
    leases = Leases()
    for number in range(5000):
        leases.wanted(number, now=number)

    assert len(leases._leases) < 1100  # noqa: SLF001 -- its memory is the point
