"""Calls that are late, processes that oversleep, clocks that jump: no second holds too many."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from tests.unit.gateway.played import GAP, QUIET, Bench, CountedCalls, close, limited
from worker.domain.errors import BudgetExhausted
from worker.gateway.budget import TRIES, Budget
from worker.gateway.punctuality import ENOUGH

# What a spread is taken for that so few answers tell.
WIDENED = (ENOUGH + 1) / (ENOUGH - 1)


def test_the_pad_is_learned_from_the_spread_of_answers(bench: Bench) -> None:
    """A network that is always equally fast needs next to none of it."""
    bench.known()
    for number in range(ENOUGH):
        bench.budget.answered(bench.demand(), 0.3 + 0.010 * (number % 2))
    bench.clock.move(20)

    bench.take()

    assert bench.take() == close((1 + 0.010 * WIDENED + 0.0025) / 10)


def test_of_several_pads_the_widest_counts(bench: Bench) -> None:
    """Another process with a worse network is heard of through Redis."""
    bench.known()
    other = Budget(
        bench.redis,
        pad=timedelta(milliseconds=50),
        max_wait=timedelta(seconds=5),
        wait=bench.clock.sleep,
        monotonic=bench.clock.monotonic,
    )
    for number in range(ENOUGH):
        bench.budget.answered(bench.demand(), 0.3)
        other.answered(bench.demand(), 0.3 + 0.020 * (number % 2))
    bench.clock.move(20)
    other.take(bench.demand())

    bench.take()

    assert bench.take() == close((1 + 0.020 * WIDENED + 0.0025) / 10)


def test_a_late_call_delays_only_the_one_a_second_after_it(bench: Bench) -> None:
    """Ten calls a second are ten rows; being late costs the other nine nothing."""
    bench.known()
    sent = []
    for number in range(30):
        bench.clock.oversleep = [0.03] if number == 5 else []
        bench.take()
        sent.append(bench.clock.ours)

    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[:4] == [close(GAP)] * 4
    for late in (5, 15, 25):
        assert gaps[late - 1 : late + 1] == [close(GAP + 0.03), close(GAP - 0.03)]
    assert sent[29] - sent[0] == close(29 * GAP)


@pytest.mark.parametrize("seed", range(3))
def test_however_late_calls_are_no_second_holds_too_many(
    bench: Bench, seed: int
) -> None:
    """Late by up to nearly a whole slot, and by more than the pad."""
    bench.known()
    dice = Random(seed)  # noqa: S311 -- always the same dice
    sent = []
    for _ in range(200):
        late = dice.random() < 0.2
        bench.clock.oversleep = [dice.uniform(0.003, 0.07)] if late else []
        bench.take(limited(13))
        sent.append(bench.clock.ours)

    seconds = [later - first for first, later in zip(sent, sent[13:], strict=False)]
    # Of the pad of 50 ms, 20 ms at the most are for lateness that is not told.
    assert min(seconds) > 1.03


def test_a_slot_reached_a_little_late_is_used(bench: Bench) -> None:
    """The pad covers some lateness."""
    bench.known()
    bench.take()
    bench.clock.oversleep += [0.002]

    assert bench.take() == close(GAP + 0.002)
    assert bench.take() == close(GAP - 0.002)


def test_who_oversleeps_its_appointment_begins_anew(bench: Bench) -> None:
    """Its place in the queue is gone by then."""
    bench.clock.oversleep = [2.0]

    assert bench.take() < 5


def test_who_never_hears_in_time_gives_up(bench: Bench) -> None:
    """A Redis whose answers always take seconds does not keep a worker for ever."""
    bench.known()
    bench.redis.stalls += [1.5] * (TRIES + 1)

    with pytest.raises(BudgetExhausted):
        bench.take()


def test_a_redis_that_is_far_away_is_asked_once(bench: Bench) -> None:
    """Its "now" is over when its answer arrives; the slot lies behind that."""
    bench.redis.distance = 0.08
    bench.known()
    asked = CountedCalls(bench)

    assert bench.take() == close(0.08)
    assert asked.count() == 1


@pytest.mark.parametrize("distance", [0.1, 0.13, 0.3, 0.9])
def test_a_redis_that_is_very_far_away_is_no_reason_to_wait_for_ever(
    bench: Bench, distance: float
) -> None:
    """A slot is fixed as early as its caller can hear of it."""
    bench.redis.distance = distance
    bench.known()

    assert max(bench.take() for _ in range(5)) < 3


@pytest.mark.parametrize("late", [0.1, 0.15, 0.4, 1.0])
@pytest.mark.parametrize("calls", [10, 100_000])
def test_who_wakes_up_far_too_late_gets_another_slot(
    bench: Bench, late: float, calls: float
) -> None:
    """Also where a slot is gone as soon as it is given."""
    bench.known()
    bench.take(limited(calls))
    bench.redis.stalls += [late, late]

    assert bench.take(limited(calls)) < 5


def test_a_redis_clock_set_back_silences_nobody(bench: Bench) -> None:
    """The app's clock goes on from where it was."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(-3600)

    assert [bench.take(), bench.take()] == [close(GAP)] * 2


def test_a_redis_clock_set_forward_doubles_no_second(bench: Bench) -> None:
    """Callers know better how much time has passed."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(20)

    assert [bench.take(), bench.take()] == [close(GAP)] * 2


def test_a_redis_clock_set_far_forward_costs_a_second(bench: Bench) -> None:
    """Redis has forgotten what it thinks is old."""
    bench.known()
    bench.take()
    bench.clock.redis.shift(3600)

    assert [bench.take(), bench.take()] == [close(QUIET), close(GAP)]
