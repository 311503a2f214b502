"""`GET /authorization/202309/shops`: the shops of a grant, with their ciphers."""

from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.tiktok_shop.sellers import Seller


def list_shops(market: Market, seller: Seller) -> object:
    """Answer with every shop of the seller."""
    return {
        "shops": [
            {
                "id": shop.shop_id,
                "name": shop.name,
                "region": shop.market.region,
                "seller_type": "CROSS_BORDER" if shop.cross_border else "LOCAL",
                "cipher": market.ciphers[shop.shop_id],
                "code": f"SB{shop.market.region}{shop.shop_id[-8:]}",
            }
            for shop in seller.shops
        ]
    }
