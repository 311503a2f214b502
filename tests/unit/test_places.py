"""Places are shared between shops, and none stays free while a slice can use it."""

from hypothesis import given
from hypothesis import strategies as st

from worker.schedule.places import Lane, choose, lane
from worker.store.waiting_slices import Owner, WaitingSlice

A, B = Owner("tiktok", "a"), Owner("tiktok", "b")
EACH = {"tiktok": Lane(most=12, per_shop=True)}
TOGETHER = {"tiktok": Lane(most=12, per_shop=False)}


def waiting(*owners):
    """Return slices in this order, numbered from 0."""
    return [WaitingSlice(id=number, owner=owner) for number, owner in enumerate(owners)]


def test_a_shop_that_is_alone_gets_all_places():
    """The most recent slices first."""
    chosen = choose(waiting(*[A] * 20), {}, TOGETHER, places=12)

    assert chosen == list(range(12))


def test_two_shops_get_equally_many():
    """Although one has many more that are more recent."""
    chosen = choose(waiting(*[A] * 20, *[B] * 20), {}, EACH, places=12)

    assert sorted(chosen) == [*range(6), *range(20, 26)]


def test_a_shop_that_comes_later_gets_the_next_free_places():
    """Until both have equally many."""
    chosen = choose(waiting(*[A] * 20, *[B] * 20), {A: 9}, EACH, places=12)

    assert chosen == [20, 21, 22]


def test_no_more_than_keep_the_budget_busy():
    """Others would only wait for a call, in places that another app can use."""
    lanes = {"tiktok": Lane(most=3, per_shop=False)}

    assert len(choose(waiting(A, B, A, B), {A: 1}, lanes, places=12)) == 2


def test_where_each_shop_has_its_own_budget_each_gets_as_many():
    """TikTok Shop counts per app and shop."""
    lanes = {"tiktok": Lane(most=2, per_shop=True)}

    assert len(choose(waiting(A, B, A, B, A, B), {}, lanes, places=12)) == 4


def test_an_app_that_is_not_configured_gets_none():
    """Nobody could sign its calls."""
    assert choose(waiting(A), {}, {}, places=12) == []


def test_nothing_is_handed_out_while_all_places_are_taken():
    """Also if there were fewer places when they were."""
    assert choose(waiting(B), {A: 13}, EACH, places=12) == []


def test_twenty_calls_a_second_are_kept_busy_by_twelve():
    """A reply takes 300 ms: one reader alone gets 3 of the 20."""
    assert lane(20, per_shop=True).most == 12
    assert lane(0.5, per_shop=True).most == 2


@given(
    owners=st.lists(
        st.builds(Owner, st.sampled_from("xyz"), st.sampled_from("12345")), max_size=40
    ),
    places=st.integers(1, 20),
    most=st.integers(1, 20),
    per_shop=st.booleans(),
)
def test_no_place_is_wasted_and_none_is_given_twice(owners, places, most, per_shop):
    """Whatever waits."""
    lanes = dict.fromkeys("xyz", Lane(most=most, per_shop=per_shop))
    chosen = choose(waiting(*owners), {}, lanes, places=places)
    budgets: dict[object, int] = {}
    for owner in owners:
        key = owner if per_shop else owner.app_id
        budgets[key] = min(budgets.get(key, 0) + 1, most)

    assert len(set(chosen)) == len(chosen) == min(places, sum(budgets.values()))
