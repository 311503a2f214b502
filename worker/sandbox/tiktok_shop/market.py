"""The one TikTok Shop app of a sandbox, with everything its endpoints read."""

from dataclasses import dataclass

from worker.sandbox.chance import dice, token
from worker.sandbox.conditions import Conditions
from worker.sandbox.options import SandboxOptions
from worker.sandbox.tiktok_shop.sellers import Sellers
from worker.sandbox.traffic import Traffic
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKeys:
    """The made-up registration of the app; the same for the same seed."""

    app_key: str
    app_secret: str
    service_id: str


def app_keys(seed: int) -> AppKeys:
    """Return the registration that belongs to a seed."""
    chance = dice(seed, "tiktok_shop app")
    return AppKeys(
        app_key="sbx" + token(chance, 10),
        app_secret=token(chance, 40),
        service_id="7" + "".join(chance.choices("0123456789", k=18)),
    )


class Market:
    """Sellers, shops, traffic and conditions behind one app key."""

    def __init__(
        self, options: SandboxOptions, conditions: Conditions, world: World
    ) -> None:
        self.keys = app_keys(options.seed)
        self.conditions = conditions
        self.product_search_cap = options.product_search_cap
        self.sellers = Sellers(options, world.tiktok_sellers)
        self.traffic = Traffic(limit=options.tiktok_rps)
        self.ciphers = {
            shop.shop_id: "ROW_" + token(dice(options.seed, shop.shop_id), 32)
            for shops in world.tiktok_sellers
            for shop in shops
        }
        self.shops_by_cipher: dict[str, Shop] = {
            self.ciphers[shop.shop_id]: shop
            for shops in world.tiktok_sellers
            for shop in shops
        }
