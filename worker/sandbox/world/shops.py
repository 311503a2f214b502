"""Shops of the world and the markets they sell in."""

from dataclasses import dataclass, field

from worker.sandbox.world.ledger import Ledger
from worker.sandbox.world.records import Order, Product

TIKTOK_SHOP, TEMU = "tiktok_shop", "temu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A country, with what the marketplaces attach to it."""

    region: str
    currency: str
    # Temu's numbers of the country and of its site.
    region_id: int = 0
    site_id: int = 0


TIKTOK_MARKETS = (
    Market(region="GB", currency="GBP"),
    Market(region="US", currency="USD"),
    Market(region="VN", currency="VND"),
    Market(region="ID", currency="IDR"),
    Market(region="MY", currency="MYR"),
)

TEMU_MARKETS = {
    "us": (Market(region="US", currency="USD", region_id=211, site_id=100),),
    "eu": (
        Market(region="DE", currency="EUR", region_id=76, site_id=105),
        Market(region="UK", currency="GBP", region_id=210, site_id=102),
        Market(region="FR", currency="EUR", region_id=69, site_id=106),
    ),
    "global": (
        Market(region="MX", currency="MXN", region_id=128, site_id=110),
        Market(region="JP", currency="JPY", region_id=100, site_id=118),
        Market(region="CA", currency="CAD", region_id=37, site_id=101),
    ),
}


@dataclass(slots=True, kw_only=True, eq=False)
class Shop:
    """What data belongs to: a TikTok shop or a Temu mall."""

    marketplace: str
    zone: str
    shop_id: str
    name: str
    market: Market
    # TikTok Shop shows another price field to shops that sell from abroad.
    cross_border: bool = False
    orders: Ledger[Order] = field(default_factory=Ledger[Order])
    products: Ledger[Product] = field(default_factory=Ledger[Product])

    @property
    def shop_key(self) -> str:
        """How sellersync names this shop."""
        return f"{self.marketplace}:{self.zone}:{self.shop_id}"
