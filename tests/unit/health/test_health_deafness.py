"""When a process is deaf, and when it only waits."""

import pytest

from worker.health.deafness import FROZEN, Deafness


def looks(deafness, seconds, *, begins=0.0, **heard):
    """Look once a second, and return when the process was called deaf first."""
    for second in range(seconds):
        if deafness.look(begins + second, **heard):
            return second
    return None


def test_silence_while_redis_answers_is_deafness():
    """After the patience, and not before."""
    assert looks(Deafness(patience=10), 60, hears=False, redis_answers=True) == 10


@pytest.mark.parametrize("hears", [True, False])
def test_nobody_is_deaf_while_redis_is_away(hears):
    """However long that is."""
    assert looks(Deafness(patience=10), 600, hears=hears, redis_answers=False) is None


def test_the_silence_before_redis_came_back_does_not_count():
    """Whoever waits between two tries to connect gets the whole patience."""
    deafness = Deafness(patience=10)
    looks(deafness, 9, hears=False, redis_answers=True)
    deafness.look(9, hears=False, redis_answers=False)

    assert looks(deafness, 60, begins=10, hears=False, redis_answers=True) == 10


def test_a_sound_ends_the_silence():
    """One message is enough."""
    deafness = Deafness(patience=10)
    looks(deafness, 9, hears=False, redis_answers=True)
    deafness.look(9, hears=True, redis_answers=True)

    assert looks(deafness, 60, begins=10, hears=False, redis_answers=True) == 10


def test_a_process_that_was_frozen_may_wake_up_first():
    """Its loop is as old as its watchdog is."""
    deafness = Deafness(patience=10)
    deafness.look(0, hears=True, redis_answers=True)
    woke = 100.0

    assert not deafness.look(woke, hears=False, redis_answers=True)
    assert looks(
        deafness, 60, begins=woke + 1, hears=False, redis_answers=True
    ) == pytest.approx(10)
    assert woke > FROZEN
