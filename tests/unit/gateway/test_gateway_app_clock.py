"""An app's clock as seen from this process: the quickest answer tells it best."""

import pytest

from worker.gateway.app_clock import PERIOD, AppClock


@pytest.fixture
def clock() -> AppClock:
    """Give a clock that is 1000 s ahead of ours, heard of in a quick answer."""
    clock = AppClock()
    clock.learn(asked=10.0, arrived=10.002, clock=1010.001)
    return clock


def test_a_slow_answer_does_not_spoil_what_a_quick_one_told(clock: AppClock) -> None:
    """Nobody knows when within half a second the slow one was written."""
    clock.learn(asked=11.0, arrived=11.5, clock=1011.4)

    assert clock.ours(1020.0) == pytest.approx(20.0)
    assert clock.return_trip == pytest.approx(0.001)


def test_an_answer_that_cannot_be_true_begins_anew(clock: AppClock) -> None:
    """The app's clock was set: what was known before is void."""
    clock.learn(asked=11.0, arrived=11.1, clock=1006.05)

    assert clock.ours(1016.05) == pytest.approx(21.05)


def test_quick_answers_are_forgotten_after_a_while(clock: AppClock) -> None:
    """Clocks drift, and Redis may have moved away."""
    for number in range(5):
        moment = 10 + (number + 1) * 0.9 * PERIOD
        clock.learn(asked=moment, arrived=moment + 0.1, clock=1000 + moment + 0.05)

    assert clock.return_trip == pytest.approx(0.05)


def test_a_prediction_is_the_latest_that_can_be(clock: AppClock) -> None:
    """Redis may have read its clock as soon as it was asked."""
    assert clock.predict(12.0) == pytest.approx(1012.001 + 0.002)


def test_a_slow_machine_does_not_look_like_a_clock_that_was_set(
    clock: AppClock,
) -> None:
    """As long as an answer lately took, the next question may be on its way."""
    clock.learn(asked=11.0, arrived=11.5, clock=1011.4)

    assert clock.predict(12.0) == pytest.approx(1012.001 + 0.5)


def test_nothing_is_predicted_without_a_recent_answer(clock: AppClock) -> None:
    """Two clocks drift apart."""
    assert AppClock().predict(10.0) is None
    assert clock.predict(10 + 3 * PERIOD) is None
