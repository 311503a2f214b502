"""Whether so many sellers fit, and how fresh they can be."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.sync.capacity import USABLE, Costs, Rates, capacity

FIVE_MINUTES = timedelta(minutes=5)
COSTS = Costs(orders=1.5, largest_orders=12, products=3, history=60)
RATES = Rates(
    products_every=timedelta(hours=1),
    orders_reconciled_every=timedelta(days=7),
    products_reconciled_every=timedelta(days=1),
    seconds_per_call=0.6,
)

counts = st.integers(1, 20_000)
lengths = st.timedeltas(min_value=timedelta(seconds=10), max_value=timedelta(days=1))


def size(sellers, freshness=FIVE_MINUTES, *, costs=COSTS, limit=20.0, per_shop=False):
    """Size an app of 20 calls per second that all shops share."""
    return capacity(
        sellers, freshness, costs=costs, rates=RATES, limit=limit, per_shop=per_shop
    )


@given(counts, lengths)
def test_what_fits_is_what_does_not_go_beyond_the_usable_limit(sellers, freshness):
    """And the number of sellers that fit is the largest one for which that holds."""
    found = size(sellers, freshness)
    most = found.most_sellers

    assert found.fits == (found.used <= USABLE) == (sellers <= most)
    assert size(most, freshness).fits
    assert not size(most + 1, freshness).fits


@given(counts, lengths)
def test_the_best_freshness_is_one_that_fits(sellers, freshness):
    """Where one is possible at all; the one that is wanted fits if it is not better."""
    found = size(sellers, freshness)
    best = found.best_freshness

    assert best is None or size(sellers, best + timedelta(seconds=1)).fits
    assert best is not None or not found.fits
    assert not found.fits or best <= freshness or best < timedelta(seconds=20)


def test_eight_hundred_sellers_fit_twenty_calls_a_second():
    """As an operator would work it out: a pull each 270 s, 1.5 calls each."""
    found = size(800)

    assert round(found.load.orders, 2) == round(800 * 1.5 / 270, 2)
    assert found.fits
    assert found.best_freshness < timedelta(minutes=2)


def test_a_history_takes_what_the_live_pulls_leave():
    """At the least the budget's floor; all of them together take turns."""
    quiet, full = size(100), size(5000)

    assert quiet.one_backfill < timedelta(seconds=5)
    assert full.one_backfill == timedelta(seconds=60 / (0.05 * 20))
    assert round(quiet.all_backfills / quiet.one_backfill) == 100


def test_where_each_shop_has_its_own_limit_any_number_fits():
    """The largest shop must fit its own; the number of sellers asks for workers only."""
    many = size(20_000, limit=10, per_shop=True)
    heavy = replace(COSTS, largest_orders=4000)

    assert many.fits
    assert many.most_sellers is None
    assert many.threads > 60
    assert not size(1, costs=heavy, limit=10, per_shop=True).fits


def test_a_pull_cannot_be_more_often_than_it_takes():
    """Pages come one after the other, whatever the limit is."""
    found = size(1, limit=1000)

    assert found.best_freshness >= timedelta(seconds=12 * 0.6)


def test_too_much_besides_orders_leaves_no_freshness_at_all():
    """Products alone take more than there is."""
    assert size(100_000).best_freshness is None
