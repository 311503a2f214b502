"""The truth and the payloads, on products written by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.sandbox.sandbox import Sandbox
from worker.sandbox.world.records import Product, Variant
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import (
    ProductState,
)
from worker.sandbox.world.truth import product_row

JAN_2 = 1_767_323_045  # 2026-01-02T03:04:05Z


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Give a sandbox without any orders."""
    return make_sandbox(orders_per_shop=0, products_per_shop=1)


def tiktok_shop(sandbox: Sandbox) -> Shop:
    """Return the first TikTok shop, which sells in pounds."""
    return sandbox.world.tiktok_sellers[0][0]


def product(**changes: Any) -> Product:
    """Return a live product with two variants, the larger id first."""
    fields: dict[str, Any] = {
        "row_id": "601000000000001",
        "serial": 1,
        "title": "Café Cup",
        "state": ProductState.LIVE,
        "created_at": JAN_2,
        "updated_at": JAN_2 + 60,
        "variants": (
            Variant(
                sku_id="17592000000002",
                seller_sku="CUP-2",
                name="Blue",
                price=1300,
                stocks=(3, 4),
            ),
            Variant(
                sku_id="17592000000001",
                seller_sku="",
                name="Red",
                price=1299,
                stocks=(0,),
            ),
        ),
    }
    return Product(**(fields | changes))


def test_a_tiktok_product_has_its_price_without_tax(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """Local shops show a price without tax, and that is the price; stock is summed."""
    shop = tiktok_shop(sandbox)
    shop.products.put(product())

    truth = product_row(shop, shop.products.true["601000000000001"])
    rows = tiktok_caller(sandbox).connect().search_products()["products"]
    payload = next(row for row in rows if row["id"] == "601000000000001")

    assert truth == {
        "marketplace": "tiktok_shop",
        "shop_key": shop.shop_key,
        "product_id": "601000000000001",
        "title": "Café Cup",
        "status": "live",
        "marketplace_status": "ACTIVATE",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:05:05Z",
        "deleted_at": None,
        "variants": [
            {
                "sku_id": "17592000000001",
                "seller_sku": None,
                "price": "12.99",
                "currency": "GBP",
                "stock": 0,
            },
            {
                "sku_id": "17592000000002",
                "seller_sku": "CUP-2",
                "price": "13.00",
                "currency": "GBP",
                "stock": 7,
            },
        ],
    }
    blue = payload["skus"][0]
    assert blue["price"] == {
        "currency": "GBP",
        "tax_exclusive_price": "13.00",
        "sale_price": "14.17",
    }
    assert [place["quantity"] for place in blue["inventory"]] == [3, 4]


def test_a_cross_border_product_has_one_price(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """A shop that sells from abroad shows the sale price only."""
    caller = tiktok_caller(sandbox).connect()
    shop = sandbox.world.tiktok_sellers[0][1]
    shop.products.put(product())

    found = caller.about_shop(
        "GET",
        "/product/202309/products/601000000000001",
        shop_cipher=caller.market.ciphers[shop.shop_id],
    )

    assert found["skus"][0]["price"] == {"currency": "USD", "sale_price": "13.00"}


def test_frozen_and_deleted_products_have_no_detail(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """The search still lists them; the detail call does not know them."""
    caller = tiktok_caller(sandbox).connect()
    path = "/product/202309/products/601000000000001"
    query = {"shop_cipher": caller.cipher}

    codes = []
    for version, state in enumerate((ProductState.FROZEN, ProductState.DELETED)):
        caller.shop.products.put(product(state=state, version=version))
        codes.append(caller.answer("GET", path, query)["code"])

    assert codes == [12052032, 12052032]
    rows = caller.search_products({"status": "DELETED"})["products"]
    assert "601000000000001" in {row["id"] for row in rows}


def test_a_deleted_product_was_deleted_when_it_was_updated(sandbox: Sandbox) -> None:
    """The truth dates a deletion by the product's last update."""
    row = product_row(tiktok_shop(sandbox), product(state=ProductState.DELETED))

    assert (row["status"], row["deleted_at"]) == ("deleted", "2026-01-02T03:05:05Z")


def test_the_legacy_detail_is_in_milliseconds(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """The call before 202309 names shop and token in the query, times in milliseconds."""
    caller = tiktok_caller(sandbox).connect()
    caller.shop.products.put(product())
    query = {
        "product_id": "601000000000001",
        "shop_id": caller.shop.shop_id,
        "version": "202306",
        "access_token": caller.access_token,
    }
    caller.access_token = ""

    data = caller.answer("GET", "/api/products/details", query)["data"]

    assert (data["product_id"], data["product_status"]) == ("601000000000001", 4)
    assert data["create_time"] // 1000 == JAN_2
    assert data["skus"][0]["price"] == {"currency": "GBP", "original_price": "13.00"}
    assert [place["available_stock"] for place in data["skus"][0]["stock_infos"]] == [
        3,
        4,
    ]


def test_the_legacy_detail_needs_a_shop_of_the_seller(
    sandbox: Sandbox, tiktok_caller: Callable[..., Any]
) -> None:
    """Another shop's number is refused."""
    caller = tiktok_caller(sandbox).connect()

    answer = caller.answer("GET", "/api/products/details", {"shop_id": "1"})

    assert answer["code"] == 36009004
    assert "shop_id is invalid" in answer["message"]


def test_temu_goods_are_told_in_two_answers(
    sandbox: Sandbox, temu_caller: Callable[..., Any]
) -> None:
    """Titles and status come from the goods list, prices and stock from the variants."""
    caller = temu_caller(sandbox)
    shop = caller.mall.shop
    shop.products.put(product(state=ProductState.OFF))

    truth = product_row(shop, shop.products.true["601000000000001"])
    goods = caller.result(
        "temu.local.goods.list.retrieve",
        goodsSearchType="INACTIVE",
        goodsIdList=["601000000000001"],
    )["goodsList"][0]
    skus = caller.result(
        "bg.local.goods.sku.list.query",
        skuSearchType=3,
        skuIdList=[17592000000001, 17592000000002],
    )["skuList"]

    assert (truth["status"], truth["marketplace_status"]) == ("inactive", "Inactive")
    assert (goods["goodsStatus"], goods["goodsName"]) == ("Inactive", "Café Cup")
    assert goods["goodsStatusChangeTime"] == (JAN_2 + 60) * 1000
    assert truth["variants"] == [
        {
            "sku_id": str(sku["skuId"]),
            "seller_sku": sku["skuSn"] or None,
            "price": sku["price"],
            "currency": sku["currency"],
            "stock": sku["stock"],
        }
        for sku in sorted(skus, key=lambda sku: str(sku["skuId"]))
    ]
