"""All shops of a sandbox together, and the changes that keep happening in them."""

from collections.abc import Iterator

from worker.sandbox.chance import dice
from worker.sandbox.conditions import Conditions
from worker.sandbox.options import SandboxOptions
from worker.sandbox.world.changes import Changes
from worker.sandbox.world.population import Serials, fill, temu_mall, tiktok_shop
from worker.sandbox.world.shops import TEMU_MARKETS, Shop


class World:
    """The shops of all sellers; everything in it follows from the options' seed."""

    def __init__(self, options: SandboxOptions, conditions: Conditions) -> None:
        self._conditions = conditions
        self._chance = dice(options.seed, "changes")
        self._delays = dice(options.seed, "delays")
        self._owed = 0.0
        self.churn = options.churn
        self.frozen = False
        per_seller = options.shops_per_tiktok_seller
        # The shops of each TikTok Shop seller, and the malls of each Temu zone.
        self.tiktok_sellers = [
            [
                tiktok_shop(seller, place, seller * per_seller + place)
                for place in range(per_seller)
            ]
            for seller in range(options.tiktok_sellers)
        ]
        self.malls = {
            zone: [
                temu_mall(zone, place) for place in range(options.temu_malls_per_zone)
            ]
            for zone in TEMU_MARKETS
        }
        serials = Serials()
        self._changes = Changes(self._chance, serials, self._visible_at)
        for shop in self.shops():
            fill(
                shop,
                serials,
                dice(options.seed, shop.shop_key),
                orders=options.orders_per_shop,
                products=max(1, options.products_per_shop),
                history_seconds=int(options.history.total_seconds()),
                now=int(conditions.now()),
            )
        self._places = list(self.shops())

    def shops(self) -> Iterator[Shop]:
        """Yield every shop of both marketplaces."""
        for shops in self.tiktok_sellers:
            yield from shops
        for malls in self.malls.values():
            yield from malls

    def touch(self, count: int) -> None:
        """Let `count` things happen now, in shops at random."""
        now = self._conditions.now()
        for _ in range(count if self._places else 0):
            self._changes.happen(self._chance.choice(self._places), now)

    def live(self, seconds: float) -> None:
        """Let as much happen as the churn says for this many seconds."""
        if self.frozen:
            return
        churn = max(self.churn, self._conditions.scenario.churn)
        self._owed += churn * seconds
        due = int(self._owed)
        self._owed -= due
        self.touch(due)

    def _visible_at(self, now: float) -> float | None:
        shortest, longest = self._conditions.scenario.visible_after_seconds
        if not longest:
            return None
        return now + self._delays.uniform(shortest, longest)
