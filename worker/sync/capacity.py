"""Whether an app's budget is enough for so many sellers, and how fresh they can be: pure."""

from dataclasses import dataclass
from datetime import timedelta

from worker.sync.rhythm import interval_of, period_of

# What is left is for what nobody plans: second attempts, bursts, restarted walks.
USABLE = 0.95
# What a backfill gets at the least, as the budget's own floor says.
_BACKFILL_FLOOR = 0.05
_DAY = timedelta(days=1).total_seconds()
# A token is refreshed or looked at about daily; then its shops are looked for.
_TOKEN_CALLS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Calls that the work of one shop takes."""

    orders: float
    products: float
    # The largest shop's pull: where each shop has a limit of its own, it must be enough.
    largest_orders: float
    # All of its history, orders and products.
    history: float
    shops_per_seller: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What an operator wants, and how long one call takes from its slot to the commit."""

    products_every: timedelta
    orders_reconciled_every: timedelta
    products_reconciled_every: timedelta
    seconds_per_call: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Calls per second, by what they are for."""

    orders: float
    products: float
    tokens: float
    reconciles: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.orders + self.besides_orders

    @property
    def besides_orders(self) -> float:
        """What is needed however old orders may become."""
        return self.products + self.tokens + self.reconciles


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What so many sellers need, and what is left beside them; None: it cannot be done."""

    fits: bool
    load: Load
    # Of the limit, or of the largest shop's own.
    used: float
    best_freshness: timedelta | None
    most_sellers: int | None
    one_backfill: timedelta
    all_backfills: timedelta
    # Calls under way at once: what workers need threads for.
    threads: float


def capacity(
    sellers: int,
    freshness: timedelta,
    *,
    costs: Costs,
    rates: Rates,
    limit: float,
    per_shop: bool,
) -> Capacity:
    """Return whether orders of all sellers can be as fresh as that within the limit.

    `per_shop`: the limit counts for each shop by itself; then only workers are shared.
    """
    shops = sellers * costs.shops_per_seller
    load = _load(shops, sellers, freshness, costs.orders, costs, rates)
    # The largest shop needs its own limit, all of them together the app's.
    tight = (
        _load(1, 1, freshness, costs.largest_orders, costs, rates) if per_shop else load
    )
    usable = USABLE * limit
    room = usable - tight.besides_orders
    # Shops with limits of their own read their histories side by side.
    at_once = 1 if per_shop else costs.shops_per_seller
    spare = max(usable - tight.total, _BACKFILL_FLOOR * limit)
    each = _load(1, 1 / costs.shops_per_seller, freshness, costs.orders, costs, rates)
    return Capacity(
        fits=tight.total <= usable,
        load=load,
        used=tight.total / limit,
        best_freshness=_best(tight, freshness, room, costs, rates),
        most_sellers=(
            None if per_shop else int(usable / (each.total * costs.shops_per_seller))
        ),
        one_backfill=timedelta(seconds=costs.history * at_once / spare),
        all_backfills=timedelta(
            seconds=costs.history * (1 if per_shop else shops) / spare
        ),
        threads=load.total * rates.seconds_per_call,
    )


def _load(
    shops: float,
    sellers: float,
    freshness: timedelta,
    orders: float,
    costs: Costs,
    rates: Rates,
) -> Load:
    orders_again = rates.orders_reconciled_every.total_seconds()
    products_again = rates.products_reconciled_every.total_seconds()
    return Load(
        orders=shops * orders / period_of(freshness).total_seconds(),
        products=shops
        * costs.products
        / period_of(rates.products_every).total_seconds(),
        tokens=sellers * _TOKEN_CALLS / _DAY,
        reconciles=shops
        * (costs.history / orders_again + costs.products / products_again),
    )


def _best(
    load: Load, freshness: timedelta, room: float, costs: Costs, rates: Rates
) -> timedelta | None:
    """Return how fresh orders can be at the best, if all the room is theirs."""
    if room <= 0:
        return None
    calls = load.orders * period_of(freshness).total_seconds()
    # A pull cannot begin before the one before has ended.
    longest = costs.largest_orders * rates.seconds_per_call
    return interval_of(timedelta(seconds=max(calls / room, longest)))
