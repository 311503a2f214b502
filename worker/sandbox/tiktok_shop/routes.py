"""Which paths TikTok Shop answers."""

from worker.sandbox.tiktok_shop.endpoints import Endpoint, SellerEndpoint, ShopEndpoint
from worker.sandbox.tiktok_shop.orders import order_details, search_orders
from worker.sandbox.tiktok_shop.products import (
    legacy_product_detail,
    product_detail,
    search_products,
)
from worker.sandbox.tiktok_shop.shops import list_shops

_ENDPOINTS: tuple[Endpoint, ...] = (
    SellerEndpoint(
        path="/authorization/202309/shops",
        method="GET",
        scope="seller.authorization.info",
        answer=list_shops,
    ),
    ShopEndpoint(
        path="/order/202309/orders/search",
        method="POST",
        scope="seller.order.info",
        answer=search_orders,
    ),
    ShopEndpoint(
        path="/order/202507/orders",
        method="GET",
        scope="seller.order.info",
        answer=order_details,
    ),
    ShopEndpoint(
        path="/product/202502/products/search",
        method="POST",
        scope="seller.product.basic",
        answer=search_products,
    ),
    ShopEndpoint(
        path="/product/202309/products/",
        method="GET",
        scope="seller.product.basic",
        answer=product_detail,
    ),
    ShopEndpoint(
        path="/api/products/details",
        method="GET",
        scope="seller.product.basic",
        answer=legacy_product_detail,
        legacy=True,
    ),
)
_BY_PATH = {endpoint.path: endpoint for endpoint in _ENDPOINTS}


def find_endpoint(path: str) -> Endpoint | None:
    """Return what answers a path, with or without an id at its end."""
    folder, slash, last = path.rpartition("/")
    if last == "":
        return None
    return _BY_PATH.get(path) or _BY_PATH.get(folder + slash)
