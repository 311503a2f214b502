"""Goods and their variants as Temu writes them."""

from worker.sandbox.world.money import amount_text
from worker.sandbox.world.records import Product, Variant
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import PRODUCT_WORDS, ProductState

_CATEGORY = 12992
_SPECIFICATION = {"specId": 77556301, "parentSpecId": 1001}


def goods_item(goods: Product) -> dict[str, object]:
    """Return goods as the cursor list shows them: text ids, times in milliseconds."""
    return {
        "goodsId": goods.row_id,
        "goodsName": goods.title,
        "goodsStatus": PRODUCT_WORDS["temu"][goods.state],
        "outGoodsSn": f"ORG-{goods.serial:05d}",
        "catId": str(_CATEGORY),
        "catType": 1,
        "brandId": None,
        "trademarkId": None,
        "thumbUrl": f"https://images.example/{goods.row_id}.jpeg",
        "variationsCount": len(goods.variants),
        "goodsCreateTime": goods.created_at * 1000,
        "goodsStatusChangeTime": goods.updated_at * 1000,
        "costTemplateId": "LFT-18510029444014331627",
        "shipmentLimitSecond": 86400,
        "lowTrafficTag": 2,
        "restrictedTrafficTag": 2,
        "skuInfoList": [
            {
                # A number, though the goods' id is a text.
                "skuId": int(variant.sku_id),
                "skuSn": variant.seller_sku,
                "specList": [_SPECIFICATION],
            }
            for variant in goods.variants
        ],
    }


def sku_item(shop: Shop, goods: Product, variant: Variant) -> dict[str, object]:
    """Return a variant with price and stock."""
    currency = shop.market.currency
    price = amount_text(variant.price, currency)
    for_sale = goods.state is ProductState.LIVE
    return {
        "goodsId": int(goods.row_id),
        "skuId": int(variant.sku_id),
        "skuSn": variant.seller_sku,
        "goodsName": goods.title,
        "specName": variant.name,
        "stock": variant.stock,
        "price": price,
        "currency": currency,
        "retailPrice": {"amount": price, "currency": currency},
        "status4VO": 1 if for_sale else 3,
        "subStatus4VO": 101 if for_sale else 301,
        "skuShowSubStatus4VO": 2001 if for_sale else 3003,
        "goodsIsOnSale": int(for_sale),
        # Seconds here, milliseconds as text below: as in the real answer.
        "crtTime": goods.created_at,
        "skuStatusChangeTime": str(goods.updated_at * 1000),
        "thumbUrl": f"https://images.example/{variant.sku_id}.jpeg",
        "volumeInfo": {"length": "10", "width": "20", "height": "30", "unit": "cm"},
        "weightInfo": {"weight": "500", "unit": "g"},
        "specList": [_SPECIFICATION],
        "lowTrafficTag": 2,
        "restrictedTrafficTag": 2,
    }
