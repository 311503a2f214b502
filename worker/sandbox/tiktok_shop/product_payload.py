"""A product as TikTok Shop writes it: in a search, in detail, and before 202309.

https://partner.tiktokshop.com/docv2/page/search-products-202502
"""

from worker.sandbox.world.money import amount_text
from worker.sandbox.world.records import Product, Variant
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import PRODUCT_WORDS, ProductState

_WAREHOUSES = ("7068517275539719942", "7068517275539719943")
_TAX_PERCENT = 9
_LEGACY_STATES = {
    ProductState.DRAFT: 1,
    ProductState.IN_REVIEW: 2,
    ProductState.REFUSED: 3,
    ProductState.LIVE: 4,
    ProductState.OFF: 5,
    ProductState.TAKEN_DOWN: 6,
    ProductState.FROZEN: 7,
    ProductState.DELETED: 8,
}


def search_payload(shop: Shop, product: Product) -> dict[str, object]:
    """Return a product as a search lists it."""
    return {
        "id": product.row_id,
        "title": product.title,
        "status": PRODUCT_WORDS["tiktok_shop"][product.state],
        "create_time": product.created_at,
        "update_time": product.updated_at,
        "sales_regions": [shop.market.region],
        "is_not_for_sale": False,
        "has_draft": False,
        "listing_quality_tier": "GOOD",
        "product_sync_fail_reasons": [],
        "recommended_categories": [],
        "integrated_platform_statuses": [],
        "audit": {"status": "AUDITING", "pre_approved_reasons": []},
        "product_families": [],
        # Milliseconds, unlike every other time here.
        "scheduled_sale": {
            "is_enabled_scheduled_sale": False,
            "schedule_sale_time": product.created_at * 1000,
        },
        "product_tags": [],
        "selling_format": "FIXED_PRICE",
        "skus": [
            _variant(shop, variant)
            | {
                "external_list_prices": [],
                "status_info": {"status": "NORMAL", "deactivation_source": ""},
            }
            for variant in product.variants
        ],
    }


def detail_payload(shop: Shop, product: Product) -> dict[str, object]:
    """Return a product as the detail call shows it."""
    word = PRODUCT_WORDS["tiktok_shop"][product.state]
    return {
        "id": product.row_id,
        "title": product.title,
        "status": word,
        "product_status": word,
        "description": f"<p>{product.title}</p>",
        "create_time": product.created_at,
        "update_time": product.updated_at,
        "external_product_id": "",
        "is_cod_allowed": False,
        "is_not_for_sale": False,
        "has_draft": False,
        "brand": {"id": "7082427311584347905", "name": "Example brand"},
        "category_chains": [
            {"id": "853000", "parent_id": "0", "local_name": "Things", "is_leaf": True}
        ],
        "main_images": [_image(product.row_id)],
        "package_dimensions": {
            "length": "10",
            "width": "10",
            "height": "10",
            "unit": "CENTIMETER",
        },
        "package_weight": {"value": "1.32", "unit": "KILOGRAM"},
        "product_attributes": [],
        "audit": {"status": "NONE"},
        "delivery_options": [],
        "skus": [
            _variant(shop, variant)
            | {
                "sales_attributes": [
                    {
                        "id": "100000",
                        "name": "Form",
                        "value_id": variant.sku_id,
                        "value_name": variant.name,
                        "sku_img": _image(variant.sku_id),
                    }
                ],
                "status_info": {"status": "NORMAL"},
            }
            for variant in product.variants
        ],
    }


def legacy_payload(shop: Shop, product: Product) -> dict[str, object]:
    """Return a product as the API before 202309 shows it, times in milliseconds."""
    return {
        "product_id": product.row_id,
        "product_name": product.title,
        "product_status": _LEGACY_STATES[product.state],
        "description": f"<p>{product.title}</p>",
        "create_time": product.created_at * 1000 + 222,
        "update_time": product.updated_at * 1000 + 474,
        "brand": {"id": "7082427311584347905", "name": "Example brand", "status": 1},
        "category_list": [
            {
                "id": "853000",
                "is_leaf": True,
                "local_display_name": "Things",
                "parent_id": "0",
            }
        ],
        "images": [],
        "is_cod_open": False,
        "package_height": 10,
        "package_length": 10,
        "package_weight": "0.5",
        "package_width": 10,
        "product_attributes": [],
        "skus": [
            {
                "id": variant.sku_id,
                "seller_sku": variant.seller_sku,
                "price": {
                    "currency": shop.market.currency,
                    "original_price": amount_text(variant.price, shop.market.currency),
                },
                "sales_attributes": [],
                "stock_infos": [
                    {"available_stock": stock, "warehouse_id": warehouse}
                    for warehouse, stock in zip(
                        _WAREHOUSES, variant.stocks, strict=False
                    )
                ],
            }
            for variant in product.variants
        ],
    }


def _variant(shop: Shop, variant: Variant) -> dict[str, object]:
    return {
        "id": variant.sku_id,
        "seller_sku": variant.seller_sku,
        "price": _price(shop, variant),
        "list_price": {"amount": "0", "currency": shop.market.currency},
        "inventory": [
            {
                "warehouse_id": warehouse,
                "quantity": stock,
                "backorder_quantity": 0,
                "handling_time": 2,
            }
            for warehouse, stock in zip(_WAREHOUSES, variant.stocks, strict=False)
        ],
    }


def _price(shop: Shop, variant: Variant) -> dict[str, str]:
    """Return the price fields: shops from abroad have no price without tax."""
    currency = shop.market.currency
    price = amount_text(variant.price, currency)
    if shop.cross_border:
        return {"currency": currency, "sale_price": price}
    taxed = variant.price + variant.price * _TAX_PERCENT // 100
    return {
        "currency": currency,
        "tax_exclusive_price": price,
        "sale_price": amount_text(taxed, currency),
    }


def _image(name: str) -> dict[str, object]:
    url = f"https://images.example/{name}.jpeg"
    return {
        "uri": f"sandbox/{name}",
        "urls": [url],
        "thumb_urls": [url],
        "height": 600,
        "width": 600,
    }
