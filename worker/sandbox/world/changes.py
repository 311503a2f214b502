"""What happens in shops all day: each change makes a new version, stamped with now."""

import random
from collections.abc import Callable
from dataclasses import replace

from worker.sandbox.world.generation import make_order, make_product
from worker.sandbox.world.population import Serials
from worker.sandbox.world.records import Order, Product
from worker.sandbox.world.shops import TEMU, TIKTOK_SHOP, Shop
from worker.sandbox.world.statuses import OrderState, ProductState

# Where an order can go from here; a word twice is twice as likely.
_NEXT_TIKTOK = {
    OrderState.UNPAID: (OrderState.TO_SHIP,) * 4
    + (OrderState.ON_HOLD, OrderState.CANCELLED),
    OrderState.ON_HOLD: (OrderState.TO_SHIP, OrderState.TO_SHIP, OrderState.CANCELLED),
    OrderState.TO_SHIP: (OrderState.TO_COLLECT,) * 4
    + (OrderState.PARTLY_SHIPPED, OrderState.CANCELLED),
    OrderState.PARTLY_SHIPPED: (OrderState.TO_COLLECT,),
    OrderState.TO_COLLECT: (OrderState.SHIPPED,),
    OrderState.SHIPPED: (OrderState.DELIVERED,),
    OrderState.DELIVERED: (OrderState.COMPLETED,),
}
_NEXT_TEMU = {
    OrderState.UNPAID: (OrderState.TO_SHIP,) * 4 + (OrderState.CANCELLED,),
    OrderState.TO_SHIP: (OrderState.SHIPPED,) * 4
    + (OrderState.PARTLY_SHIPPED, OrderState.CANCELLED),
    OrderState.PARTLY_SHIPPED: (OrderState.SHIPPED,),
    OrderState.SHIPPED: (OrderState.DELIVERED, OrderState.PARTLY_DELIVERED),
    OrderState.PARTLY_DELIVERED: (OrderState.DELIVERED,),
}
# Only newer orders are looked at when one has to move on.
_RECENT = 200


class Changes:
    """Changes shops at random; the same chance gives the same changes."""

    def __init__(
        self,
        chance: random.Random,
        serials: Serials,
        visible_at: Callable[[float], float | None],
    ) -> None:
        self._chance = chance
        self._serials = serials
        # When a change of now is shown; None: at once.
        self._visible_at = visible_at
        self._kinds = (
            (self.new_order,) * 7
            + (self.move_order,) * 9
            + (self.change_price_or_stock,) * 3
            + (self.new_product, self.move_product)
        )

    def happen(self, shop: Shop, now: float) -> None:
        """Let one thing happen in a shop."""
        self._chance.choice(self._kinds)(shop, now)

    def new_order(self, shop: Shop, now: float) -> None:
        """Let a buyer order something."""
        second = int(now)
        order = make_order(
            shop,
            self._serials.next(),
            self._chance,
            products=list(shop.products.true.values()),
            created_at=second,
            now=second,
        )
        shop.orders.put(order, visible_at=self._visible_at(now))

    def move_order(self, shop: Shop, now: float) -> None:
        """Let an order reach its next state; if none can, let a new one arrive."""
        following = _NEXT_TIKTOK if shop.marketplace == TIKTOK_SHOP else _NEXT_TEMU
        recent = list(shop.orders.true.values())[-_RECENT:]
        movable = [order for order in recent if order.state in following]
        if not movable:
            self.new_order(shop, now)
            return
        order = self._chance.choice(movable)
        state = self._chance.choice(following[order.state])
        shop.orders.put(
            moved(shop, order, state, int(now)), visible_at=self._visible_at(now)
        )

    def change_price_or_stock(self, shop: Shop, now: float) -> None:
        """Let a seller change a price or count the stock."""
        product = self._any_product(shop)
        variants = list(product.variants)
        place = self._chance.randrange(len(variants))
        variant = variants[place]
        if self._chance.choice(("price", "stock", "stock")) == "price":
            price = max(1, variant.price + self._chance.choice((-50, 50, 100)))
            variants[place] = replace(variant, price=price)
        else:
            stocks = tuple(self._chance.randint(0, 400) for _ in variant.stocks)
            variants[place] = replace(variant, stocks=stocks)
        # Temu's only product time is that of the status, so this change has none there.
        stamped = shop.marketplace == TIKTOK_SHOP
        updated_at = int(now) if stamped else product.updated_at
        self._put_product(
            shop,
            replace(product, variants=tuple(variants), updated_at=updated_at),
            now,
        )

    def new_product(self, shop: Shop, now: float) -> None:
        """Let a seller list something new."""
        second = int(now)
        product = make_product(
            shop, self._serials.next(), self._chance, created_at=second, now=second
        )
        shop.products.put(product, visible_at=self._visible_at(now))

    def move_product(self, shop: Shop, now: float) -> None:
        """Let a product be switched off or on, or be deleted."""
        product = self._any_product(shop)
        if product.state is ProductState.LIVE:
            state = self._chance.choice((ProductState.OFF, ProductState.DELETED))
        else:
            state = ProductState.LIVE
        self._put_product(shop, replace(product, state=state, updated_at=int(now)), now)

    def _any_product(self, shop: Shop) -> Product:
        every = list(shop.products.true.values())
        alive = [p for p in every if p.state is not ProductState.DELETED]
        # Where all are deleted, one is brought back.
        return self._chance.choice(alive or every)

    def _put_product(self, shop: Shop, product: Product, now: float) -> None:
        shop.products.put(
            replace(product, version=product.version + 1),
            visible_at=self._visible_at(now),
        )


def moved(shop: Shop, order: Order, state: OrderState, second: int) -> Order:
    """Return the order in a new state since `second`."""
    lines = order.lines
    if state is OrderState.CANCELLED and shop.marketplace == TEMU:
        lines = tuple(replace(line, cancelled=line.ordered) for line in lines)
    paid_at = order.paid_at
    if paid_at is None and state is not OrderState.CANCELLED:
        paid_at = second
    return replace(
        order,
        version=order.version + 1,
        state=state,
        updated_at=second,
        paid_at=paid_at,
        lines=lines,
    )
