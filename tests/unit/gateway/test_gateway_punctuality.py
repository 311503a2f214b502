"""The pad is as wide as the spread of answers and of waking up asks for, within bounds."""

import pytest

from worker.gateway.punctuality import (
    ENOUGH,
    LEAST_LATENESS,
    MEMORY,
    MOST_LATENESS,
    NARROWEST,
    Punctuality,
)

WIDEST = 0.05


def answered(seen: Punctuality, endpoint: str, *took: float) -> None:
    """Let an endpoint answer often enough."""
    for number in range(ENOUGH):
        seen.answered(endpoint, took[number % len(took)])


def widened(spread: float) -> float:
    """Return the spread that so few answers stand for."""
    return spread * (ENOUGH + 1) / (ENOUGH - 1)


def test_too_few_answers_say_nothing() -> None:
    """Then the others' pad counts, or the widest."""
    seen = Punctuality()
    for _ in range(ENOUGH - 1):
        seen.answered("orders", 0.3)

    assert seen.pad(WIDEST) is None


def test_a_steady_network_needs_the_narrowest_pad() -> None:
    """However long its answers take."""
    seen = Punctuality()
    answered(seen, "orders", 0.9)

    assert seen.pad(WIDEST) == NARROWEST


def test_the_endpoint_with_the_least_spread_tells_most_of_the_network() -> None:
    """The other one's spread is its own work."""
    seen = Punctuality()
    answered(seen, "orders", 0.3, 1.4)
    answered(seen, "token", 0.1, 0.115)

    assert seen.pad(WIDEST) == pytest.approx(widened(0.015) + LEAST_LATENESS)


def test_the_pad_is_bounded() -> None:
    """An operator says how much of a second may be lost."""
    seen = Punctuality()
    answered(seen, "orders", 0.3, 1.4)

    assert seen.pad(WIDEST) == WIDEST


def test_a_spread_is_forgotten_by_and_by() -> None:
    """One slow answer does not cost for ever."""
    seen = Punctuality()
    answered(seen, "orders", 0.3, 0.33)
    for _ in range(MEMORY):
        seen.answered("orders", 0.3)

    assert seen.pad(WIDEST) == NARROWEST


def test_who_often_wakes_up_late_is_allowed_to_and_keeps_a_wider_pad() -> None:
    """On a busy machine that costs less than giving slots up."""
    seen = Punctuality()
    answered(seen, "orders", 0.3)
    for number in range(ENOUGH):
        seen.woke(0.008 if number % 2 else 0.0)

    assert seen.lateness == pytest.approx(0.008)
    assert seen.pad(WIDEST) == pytest.approx(0.008)


def test_some_lateness_is_too_much_for_any_pad() -> None:
    """Then slots are moved."""
    seen = Punctuality()
    for _ in range(ENOUGH):
        seen.woke(0.5)

    assert seen.lateness == MOST_LATENESS
