"""Places are shared between shops, and none stays free while a slice can use it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from worker.schedule.places import Lane, lane, share
from worker.store.waiting_slices import Owner

A, B = Owner("tiktok", "a"), Owner("tiktok", "b")
EACH = {"tiktok": Lane(most=12, per_shop=True)}
TOGETHER = {"tiktok": Lane(most=12, per_shop=False)}


def test_a_shop_that_is_alone_gets_all_places():
    """As far as its budget can use them."""
    assert share([A], {}, TOGETHER, places=12) == {A: 12}
    assert share([A], {}, TOGETHER, places=99) == {A: 12}


def test_two_shops_get_equally_many():
    """However many slices one of them has."""
    assert share([A, B], {}, EACH, places=12) == {A: 6, B: 6}


def test_a_shop_that_comes_later_gets_the_next_free_places():
    """Until both have equally many."""
    assert share([A, B], {A: 9}, EACH, places=12) == {B: 3}


def test_no_more_than_keep_the_budget_busy():
    """Others would only wait for a call, in places that another app can use."""
    lanes = {"tiktok": Lane(most=3, per_shop=False)}

    assert share([A, B], {A: 1}, lanes, places=12) == {A: 1, B: 1}


def test_where_each_shop_has_its_own_budget_each_gets_as_many():
    """TikTok Shop counts per app and shop."""
    lanes = {"tiktok": Lane(most=2, per_shop=True)}

    assert share([A, B], {}, lanes, places=12) == {A: 2, B: 2}


def test_an_app_that_is_not_configured_gets_none():
    """Nobody could sign its calls; what still runs of it takes its place."""
    assert share([A], {}, {}, places=12) == {}
    assert share([A], {Owner("gone", "c"): 10}, EACH, places=12) == {A: 2}


def test_nothing_is_handed_out_while_all_places_are_taken():
    """Also if there were fewer places when they were."""
    assert share([B], {A: 13}, EACH, places=12) == {}


def test_twenty_calls_a_second_are_kept_busy_by_twelve():
    """A reply takes 300 ms: one reader alone gets 3 of the 20."""
    assert lane(20, per_shop=True).most == 12
    assert lane(0.5, per_shop=True).most == 2


OWNERS = st.builds(Owner, st.sampled_from("xyz"), st.sampled_from("12345"))


@given(
    waiting=st.lists(OWNERS, max_size=15, unique=True),
    running=st.dictionaries(OWNERS, st.integers(1, 9), max_size=9),
    places=st.integers(1, 40),
    most=st.integers(1, 20),
    per_shop=st.booleans(),
)
def test_no_place_is_wasted_and_no_budget_gets_too_many(
    waiting, running, places, most, per_shop
):
    """Whatever waits and runs."""
    lanes = dict.fromkeys("xyz", Lane(most=most, per_shop=per_shop))
    shares = share(waiting, running, lanes, places=places)
    in_use: Counter[object] = Counter()
    for owner, count in running.items():
        in_use[owner if per_shop else owner.app_id] += count
    budgets = {owner if per_shop else owner.app_id for owner in waiting}
    usable = sum(max(most - in_use[budget], 0) for budget in budgets)

    assert sum(shares.values()) == min(max(places - sum(running.values()), 0), usable)
    assert set(shares) <= set(waiting)
    for owner, count in shares.items():
        in_use[owner if per_shop else owner.app_id] += count
    assert all(in_use[owner if per_shop else owner.app_id] <= most for owner in shares)
