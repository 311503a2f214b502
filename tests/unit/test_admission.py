"""Which waiting work is let in: by class, by deadline, and no seller all of it."""

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.calls import Work
from worker.gateway.budget import FLOORS
from worker.schedule.admission import ASSUMED_CALLS, Line, admit, cost_of, pick
from worker.store.waiting import Waiting

MOST = 10.0
CLASSES = (Work.TOKENS, Work.WEBHOOK, Work.ORDERS, Work.PRODUCTS)

calls = st.none() | st.floats(min_value=0, max_value=40)
waiting = st.lists(st.tuples(st.integers(1, 5), calls), max_size=40).map(
    lambda found: [
        Waiting(number, seller, cost) for number, (seller, cost) in enumerate(found)
    ]
)
lines = st.fixed_dictionaries(
    {work: st.builds(Line, waiting=waiting, held=st.floats(0, 100)) for work in CLASSES}
)


def queue(count, *, seller=None, cost=1.0, first=0):
    """Return so many who wait, each of a seller of its own unless one is named."""
    return [
        Waiting(first + number, number if seller is None else seller, cost)
        for number in range(count)
    ]


def cost(chosen):
    """Return what was let in, in calls."""
    return sum(cost_of(each, MOST) for each in chosen)


@given(waiting, st.floats(0, 100))
def test_no_more_is_let_in_than_there_is_room_for(found, room):
    """But for the last one, which begins while there is some; and none is left if there is."""
    chosen = pick(found, room=room, most=MOST)

    assert cost(chosen[:-1]) < room or not chosen
    assert set(chosen) <= set(found)
    assert len(chosen) == len(found) or cost(chosen) >= room


@given(st.lists(calls, max_size=40), st.floats(0, 100))
def test_the_longest_overdue_come_first(costs, room):
    """Where each seller has one of them."""
    found = [Waiting(number, number, cost) for number, cost in enumerate(costs)]
    chosen = pick(found, room=room, most=MOST)

    assert chosen == found[: len(chosen)]


def test_a_seller_with_many_shops_leaves_room_for_the_others():
    """It gets a quarter while others wait, and what they leave."""
    greedy = queue(200, seller=-1)
    others = queue(30, first=1000)
    chosen = pick([*greedy, *others], room=40, most=MOST)
    alone = pick(greedy, room=40, most=MOST)

    assert set(others) <= set(chosen)
    assert len(chosen) == 40
    assert alone == greedy[:40]


def test_one_turn_of_each_seller_is_always_fair():
    """However large it is."""
    found = queue(4, cost=30.0)

    assert pick(found, room=40, most=MOST) == found


@given(lines, st.floats(1, 200))
def test_all_that_is_under_way_stays_within_the_room(found, room):
    """Beyond it go only what is under way already, floors, and the last of each class."""
    admitted = admit(found, room=room, most=MOST)
    for work, chosen in admitted.items():
        floor = FLOORS[work] * room
        above = sum(
            found[each].held + cost(admitted[each])
            for each in CLASSES[: CLASSES.index(work)]
        )
        begun = found[work].held + cost(chosen[:-1])

        assert not chosen or above + begun < room or begun < floor


@given(lines, st.floats(10, 200))
def test_each_class_gets_its_floor(found, room):
    """Or all that it wants."""
    admitted = admit(found, room=room, most=MOST)
    for work, chosen in admitted.items():
        under_way = found[work].held + cost(chosen)

        assert len(chosen) == len(found[work].waiting) or (
            under_way >= FLOORS[work] * room
        )


def test_classes_come_in_their_order():
    """Refreshes, what somebody asked for, orders, products; what is below keeps its floor."""
    everybody = {work: Line(waiting=queue(1000)) for work in CLASSES}
    admitted = admit(everybody, room=100, most=MOST)
    quiet = everybody | {Work.TOKENS: Line(waiting=[]), Work.WEBHOOK: Line(waiting=[])}

    assert [len(admitted[work]) for work in CLASSES] == [60, 10, 20, 10]
    assert len(admit(quiet, room=100, most=MOST)[Work.ORDERS]) == 90


def test_what_was_handed_out_before_counts():
    """Of the same class, and of those below, which cannot be called back."""
    found = {
        Work.ORDERS: Line(waiting=queue(1000), held=30),
        Work.PRODUCTS: Line(waiting=[], held=50),
    }

    assert len(admit(found, room=100, most=MOST)[Work.ORDERS]) == 20


def test_a_turn_of_unknown_size_counts_as_a_small_one():
    """And a long one as what it can send until the next tick."""
    assert cost_of(Waiting(1, 1), MOST) == ASSUMED_CALLS
    assert cost_of(Waiting(1, 1, 200.0), MOST) == MOST
    assert cost_of(Waiting(1, 1, 0.2), MOST) == 1
