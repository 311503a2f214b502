"""The endpoints and what they are asked; each endpoint counts its versions by itself."""

from urllib.parse import quote

from worker.domain.calls import Call, Host, Signing
from worker.domain.identity import Shop
from worker.domain.pages import PageRequest, Window

GET_TOKEN = "/api/v2/token/get"  # noqa: S105 -- a path
REFRESH_TOKEN = "/api/v2/token/refresh"  # noqa: S105 -- a path
SHOPS = "/authorization/202309/shops"
SEARCH_ORDERS = "/order/202309/orders/search"
ORDERS = "/order/202507/orders"
SEARCH_PRODUCTS = "/product/202502/products/search"
PRODUCT = "/product/202309/products"
LEGACY_PRODUCT = "/api/products/details"

# The most that one answer gives.
PAGE_SIZE = 100
ORDERS_PER_CALL = 50


def get_token() -> Call:
    """Ask for tokens; must be GET, whatever one thinks of secrets in an address."""
    return Call(
        endpoint=GET_TOKEN,
        method="GET",
        # Not OAuth's `authorization_code`.
        query={"grant_type": "authorized_code"},
        host=Host.AUTH,
        signing=Signing.NONE,
        repeatable=False,
    )


def refresh_token() -> Call:
    """Ask for the next tokens; whether the old ones go on working is not documented."""
    return Call(
        endpoint=REFRESH_TOKEN,
        method="GET",
        query={"grant_type": "refresh_token"},
        host=Host.AUTH,
        signing=Signing.NONE,
        repeatable=False,
    )


def authorized_shops() -> Call:
    """Ask for the shops of a token; a `shop_cipher` would be refused here."""
    return Call(endpoint=SHOPS, method="GET")


def search_orders(request: PageRequest) -> Call:
    """Ask for a page of orders, the longest unchanged first."""
    window = request.window
    return Call(
        endpoint=SEARCH_ORDERS,
        query=_of(request.shop)
        | _page(request.cursor)
        | {"sort_field": "update_time", "sort_order": "ASC"},
        # The upper end is exclusive here and inclusive for products.
        body=_from(window) | {"update_time_lt": int(window.end.timestamp()) + 1},
        shop_id=request.shop.shop_id,
    )


def search_products(request: PageRequest) -> Call:
    """Ask for a page of products; there is no order to ask for."""
    window = request.window
    return Call(
        endpoint=SEARCH_PRODUCTS,
        query=_of(request.shop) | _page(request.cursor),
        body={"status": "ALL"}
        | _from(window)
        | {"update_time_le": int(window.end.timestamp())},
        shop_id=request.shop.shop_id,
    )


def orders(shop: Shop, order_ids: tuple[str, ...]) -> Call:
    """Ask for up to `ORDERS_PER_CALL` orders by id."""
    return Call(
        endpoint=ORDERS,
        method="GET",
        query=_of(shop) | {"ids": ",".join(order_ids)},
        shop_id=shop.shop_id,
    )


def product(shop: Shop, product_id: str) -> Call:
    """Ask for one product."""
    return Call(
        endpoint=f"{PRODUCT}/{quote(product_id, safe='')}",
        method="GET",
        query=_of(shop),
        shop_id=shop.shop_id,
    )


def legacy_product(shop: Shop, product_id: str) -> Call:
    """Ask for one product as before 202309."""
    return Call(
        endpoint=LEGACY_PRODUCT,
        method="GET",
        query={"product_id": product_id, "shop_id": shop.shop_id},
        signing=Signing.LEGACY,
        shop_id=shop.shop_id,
    )


def _of(shop: Shop) -> dict[str, str]:
    # Old texts call it optional for local shops; today its lack is error 106013.
    return {"shop_cipher": shop.cipher} if shop.cipher else {}


def _page(cursor: str | None) -> dict[str, str]:
    size = {"page_size": str(PAGE_SIZE)}
    return size | {"page_token": cursor} if cursor else size


def _from(window: Window) -> dict[str, object]:
    if window.start is None:
        return {}
    return {"update_time_ge": int(window.start.timestamp())}
