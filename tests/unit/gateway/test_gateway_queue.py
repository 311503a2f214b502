"""Many callers of one app: the limit holds, nothing is wasted, and everybody gets a turn."""

import random
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.gateway.crowd import (
    Caller,
    Crowd,
    crowded,
    demand,
    jain,
    played_crowd,
)
from worker.domain.calls import Work
from worker.domain.limits import AN_HOUR, Limit

LIMIT = 20
APP = Limit(name="app", calls=LIMIT)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Give a crowd on an empty Redis."""
    with played_crowd() as found:
        yield found


def saturate(crowd: Crowd, sellers: int, work: Work = Work.ORDERS) -> None:
    """Let many sellers send all the time."""
    for number in range(sellers):
        crowd.join(Caller(demand(f"seller-{number}", work)), at=number / 1000)


def moments(crowd: Crowd, *, since: float = 0.0) -> list[float]:
    """Return when calls were sent."""
    return [sent.at for sent in crowd.sent if sent.at >= since]


def test_under_load_the_limit_is_reached_and_not_exceeded(crowd: Crowd) -> None:
    """Thirty callers send twenty a second, less the pad."""
    saturate(crowd, 30)
    crowd.run(32)

    assert crowded(moments(crowd), LIMIT) == []
    assert len(moments(crowd, since=2)) >= 0.99 * LIMIT * 30


def test_a_waiting_call_costs_two_questions(crowd: Crowd) -> None:
    """One for a place in the queue, one for the slot; nobody polls."""
    saturate(crowd, 30)
    crowd.run(30)

    assert crowd.asked <= 2.2 * len(crowd.sent)


def test_where_there_is_room_a_call_costs_one_question(crowd: Crowd) -> None:
    """A caller below the limit never queues."""
    crowd.join(Caller(demand(), think=0.1))
    crowd.run(2)
    before = crowd.asked, len(crowd.sent)
    crowd.run(30)

    assert crowd.asked - before[0] == len(crowd.sent) - before[1]


def test_sellers_share_the_limit_whatever_their_demand(crowd: Crowd) -> None:
    """One seller with twenty callers gets what one with a single caller gets."""
    saturate(crowd, 29)
    for _ in range(20):
        crowd.join(Caller(demand("greedy")))
    crowd.run(30)

    assert jain([float(calls) for calls in crowd.served(since=5).values()]) > 0.99


def test_what_a_seller_does_not_use_the_others_get(crowd: Crowd) -> None:
    """A seller who sends one call a second leaves the rest to the greedy one."""
    crowd.join(Caller(demand("modest"), think=1.0))
    for _ in range(20):
        crowd.join(Caller(demand("greedy")))
    crowd.run(32)

    assert len(moments(crowd, since=2)) >= 0.98 * LIMIT * 30
    assert crowd.served()["modest"] > 25


def test_a_refresh_waits_a_slot_not_a_queue(crowd: Crowd) -> None:
    """However many wait, the most urgent call is next."""
    saturate(crowd, 40)
    for number in range(20):
        crowd.join(Caller(demand("new", Work.TOKENS), calls=1), at=5 + number * 1.37)
    crowd.run(40)

    waits = [sent.waited for sent in crowd.sent if sent.work is Work.TOKENS]
    assert len(waits) == 20
    assert median(waits) <= 0.15
    assert max(waits) <= 0.25


def test_urgent_work_comes_first_and_every_class_keeps_a_floor(crowd: Crowd) -> None:
    """With all classes waiting all the time, each gets something, the urgent ones most."""
    for work in Work:
        for number in range(5):
            crowd.join(Caller(demand(f"seller-{number}", work)))
    crowd.run(45)

    shares = {
        work: sum(sent.work is work for sent in crowd.sent if sent.at >= 5) / 800
        for work in Work
    }
    assert shares[Work.TOKENS] >= 0.4
    assert shares[Work.WEBHOOK] >= 0.09
    assert shares[Work.ORDERS] >= 0.18
    assert shares[Work.PRODUCTS] >= 0.09
    assert shares[Work.BACKFILL] >= 0.045
    assert shares[Work.RECONCILE] >= 0.045


def test_several_limits_are_booked_together_or_not_at_all(crowd: Crowd) -> None:
    """A call to a slow endpoint waits without taking the app's slots from others."""
    slow = (APP, Limit(name="endpoint:slow", calls=2))
    for number in range(6):
        crowd.join(Caller(demand(f"slow-{number}", limits=slow)))
    saturate(crowd, 10)
    crowd.run(32)

    through_both = [sent.at for sent in crowd.sent if len(sent.limits) == 2]
    assert crowded(moments(crowd), LIMIT) == []
    assert crowded(through_both, 2) == []
    assert len(moments(crowd, since=2)) >= 0.98 * LIMIT * 30
    assert len(through_both) >= 0.9 * 2 * 30


def test_an_hourly_quota_is_counted_by_the_clock(crowd: Crowd) -> None:
    """Once it is used up, callers are told when the next hour begins."""
    hourly = (
        Limit(name="shop:1", calls=10),
        Limit(name="shop:1:hour", calls=30, per=AN_HOUR),
    )
    crowd.join(Caller(demand(limits=hourly)))
    crowd.run(30)
    in_the_first_hour = len(crowd.sent)
    crowd.run(3602)

    assert in_the_first_hour == 30
    assert len(crowd.refused) == 1
    assert crowd.sent[30].at == pytest.approx(3600, abs=0.2)


def test_callers_that_die_do_not_push_the_others_back(crowd: Crowd) -> None:
    """Ten callers die while they wait: the others go on as if they had been served."""
    saturate(crowd, 15)
    for number in range(10):
        crowd.join(Caller(demand(f"dead-{number}"), dies_at=5.0))
    crowd.run(30)

    pauses = [later - earlier for earlier, later in pairwise(moments(crowd, since=3))]
    assert max(pauses) < 0.7
    assert len(moments(crowd, since=7)) >= 0.99 * LIMIT * 23


def test_who_is_let_in_is_served_in_time(crowd: Crowd) -> None:
    """Where the queue is too long, a call is refused at once and told when to come back."""
    crowd.patience = 2.0
    saturate(crowd, 100)
    crowd.run(30)

    assert crowd.refused
    assert max(sent.waited for sent in crowd.sent) <= 2.3
    assert len(moments(crowd, since=3)) >= 0.97 * LIMIT * 27


def test_a_slot_missed_a_little_costs_only_the_delay(crowd: Crowd) -> None:
    """Of callers who often wake up too late, hardly anything is lost."""
    dice = random.Random(4)  # noqa: S311 -- always the same dice
    for number in range(30):
        crowd.join(
            Caller(
                demand(f"seller-{number}"),
                oversleeps=lambda: 0.008 if dice.random() < 0.2 else 0.0,
            )
        )
    crowd.run(32)

    assert crowded(moments(crowd), LIMIT) == []
    assert len(moments(crowd, since=2)) >= 0.95 * LIMIT * 30


callers = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(list(Work)),
        st.floats(0, 3),  # begins
        st.sampled_from([0.0, 0.05, 0.3]),  # thinks
        st.sampled_from([2.0, 4.5, 100.0]),  # dies
    ),
    min_size=1,
    max_size=25,
)
mishaps = st.lists(
    st.tuples(
        st.floats(0.5, 6),
        st.sampled_from(["flush", "scripts", "back", "forward", "pause"]),
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(
    limit=st.sampled_from([1, 2, 7, 20, 50]),
    callers=callers,
    mishaps=mishaps,
    late=st.floats(0, 0.03),
    frozen=st.sampled_from([0.0, 0.1]),
)
def test_no_sliding_second_ever_holds_more_than_the_limit(
    limit: int,
    callers: list[tuple[str, Work, float, float, float]],
    mishaps: list[tuple[float, str]],
    late: float,
    frozen: float,
) -> None:
    """Random arrivals, deaths, late sleepers, lost memory, clocks set, pauses."""
    app = (Limit(name="app", calls=limit),)
    dice = random.Random(1)  # noqa: S311 -- always the same dice
    with played_crowd() as crowd:
        for seller, work, begins, thinks, dies in callers:
            crowd.join(
                Caller(
                    demand(seller, work, limits=app),
                    think=thinks,
                    dies_at=dies,
                    oversleeps=lambda: (
                        1.3 if dice.random() < frozen else dice.random() * late
                    ),
                ),
                at=begins,
            )
        for moment, what in mishaps:
            crowd.at(moment, crowd.mishap(what))
        crowd.run(8)

    # A caller may send up to LATENESS after its slot; that is what the pad is for.
    assert crowded(moments(crowd), limit, per=1.0 - 1e-6) == []


def test_a_long_pull_goes_on_beside_sellers_who_come_for_one_call_each(
    crowd: Crowd,
) -> None:
    """Each of them is new, and none has had a call; it still gets its turn in time."""
    crowd.join(Caller(demand("long pull")))
    # As many as threads of workers would be: when one is done, the next seller comes.
    for number in range(900):
        at = number / LIMIT if number > 32 else 0.0
        crowd.join(Caller(demand(f"one call {number}"), calls=1), at=at)
    crowd.run(45)
    waits = [sent.waited for sent in crowd.sent if sent.seller == "long pull"]

    assert len(waits) > 15
    assert max(waits) < 5
    assert crowded(moments(crowd), LIMIT) == []
