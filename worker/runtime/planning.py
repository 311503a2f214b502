"""Whether more sellers fit: what is learned of those that there are, assumptions else."""

from dataclasses import dataclass
from datetime import timedelta

from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream
from worker.runtime.parts import Parts
from worker.schedule.allowances import own_limit
from worker.schedule.places import ROUND_TRIP
from worker.store.averages import Fleet, fleet_of, history_calls
from worker.sync.capacity import Capacity, Costs, Rates, capacity

# Of shops that nobody has pulled yet: a page of orders and now and then one more; a few
# pages of products; 5,000 orders and some hundred products of history.
_ORDERS, _PRODUCTS, _HISTORY = 1.5, 3.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A plan for one app, and where its figures come from."""

    app: App
    per_shop: bool
    sellers: int
    connected: int
    freshness: timedelta
    costs: Costs
    # "learned from 20 streams" or "assumed", by cost.
    sources: dict[str, str]
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans for the apps of this process."""

    parts: Parts

    def size(
        self,
        marketplace: Marketplace,
        app: App,
        *,
        sellers: int | None = None,
        freshness: timedelta | None = None,
    ) -> Sized:
        """Say whether so many sellers fit; those that are connected, if it is not said."""
        with self.parts.database.read() as connection:
            fleet = fleet_of(connection, app.app_id)
            history = history_calls(connection, app.app_id)
        costs, sources = _costs(fleet, history)
        limit, per_shop = own_limit(marketplace, app)
        wanted = freshness or self.parts.wanted(Stream.ORDERS).every
        count = fleet.sellers if sellers is None else sellers
        return Sized(
            app=app,
            per_shop=per_shop,
            sellers=count,
            connected=fleet.sellers,
            freshness=wanted,
            costs=costs,
            sources=sources,
            capacity=capacity(
                count,
                wanted,
                costs=costs,
                rates=self._rates(),
                limit=limit,
                per_shop=per_shop,
            ),
        )

    def next_does_not_fit(self, marketplace: Marketplace, app: App) -> Sized | None:
        """Return the plan with one seller more, if that is one too many."""
        now = self.size(marketplace, app)
        more = self.size(marketplace, app, sellers=now.connected + 1)
        return None if more.capacity.fits else more

    def _rates(self) -> Rates:
        orders, products = (self.parts.wanted(stream) for stream in Stream)
        return Rates(
            products_every=products.every,
            orders_reconciled_every=orders.reconcile_every,
            products_reconciled_every=products.reconcile_every,
            seconds_per_call=ROUND_TRIP,
        )


def _costs(
    fleet: Fleet, history: tuple[int, float] | None
) -> tuple[Costs, dict[str, str]]:
    orders, products = fleet.orders, fleet.products
    costs = Costs(
        orders=orders.mean if orders else _ORDERS,
        largest_orders=orders.largest if orders else _ORDERS,
        products=products.mean if products else _PRODUCTS,
        history=history[1] if history else _HISTORY,
        shops_per_seller=fleet.shops / fleet.sellers if fleet.sellers else 1.0,
    )
    return costs, {
        "orders": _learned(orders.streams if orders else 0, "shops"),
        "products": _learned(products.streams if products else 0, "shops"),
        "history": _learned(history[0] if history else 0, "shops"),
        "shops_per_seller": _learned(fleet.sellers, "sellers"),
    }


def _learned(count: int, what: str) -> str:
    return f"learned from {count:,} {what}" if count else "assumed"
