"""Full-size TikTok Shop orders, as a page of the order search delivers them."""

from random import Random

import orjson

LINES_PER_ORDER = 4
# A page of the search holds at most this many.
ORDERS_PER_PAGE = 100

_FIRST_SECOND = 1_780_000_000
_SECONDS_BETWEEN_ORDERS = 60
_LONGEST_DELIVERY = 10 * 24 * 3600  # seconds
_STATUSES = ("AWAITING_SHIPMENT", "IN_TRANSIT", "DELIVERED", "COMPLETED")
_WORDS = (
    "Women's Winter Crochet Cardigan Loose Fit Wool Blend Kids Summer Cotton Pyjama "
    "Ceramic Travel Mug Bamboo Lid Wireless Earbuds Noise Cancelling Charging Case"
).split()
_STREETS = ("Coleman Ave", "Bristol Pkwy", "Harbour Road", "Königstraße", "Rue Tivoli")
_PAYMENT_PARTS = (
    "original_total_product_price seller_discount platform_discount "
    "payment_platform_discount payment_discount_service_fee shipping_fee "
    "original_shipping_fee shipping_fee_seller_discount "
    "shipping_fee_platform_discount shipping_fee_cofunded_discount tax product_tax "
    "shipping_fee_tax small_order_fee retail_delivery_fee buyer_service_fee "
    "handling_fee shipping_insurance_fee item_insurance_fee item_insurance_tax "
    "distance_shipping_fee distance_fee"
).split()
_MOMENTS = (
    "rts_time rts_sla_time tts_sla_time cancel_order_sla_time shipping_due_time "
    "collection_due_time delivery_due_time collection_time delivery_time"
).split()
_FLAGS = (
    "is_cod is_sample_order is_on_hold_order is_replacement_order is_exchange_order "
    "is_subscription_order is_buyer_request_cancel has_updated_recipient_address"
).split()


def search_reply(number: int) -> bytes:
    """Return the body of page `number`; the same number gives the same bytes."""
    chance = Random(number)  # noqa: S311 -- repeatable test data, not a secret
    first = number * ORDERS_PER_PAGE
    orders = [_order(chance, first + place) for place in range(ORDERS_PER_PAGE)]
    return orjson.dumps(
        {
            "code": 0,
            "message": "Success",
            "request_id": _id(chance),
            "data": {
                "next_page_token": _id(chance),
                "total_count": 20_000,
                "orders": orders,
            },
        }
    )


def _order(chance: Random, place: int) -> dict[str, object]:
    # Sorted by update time, so the times of creation and the ids rise, but not strictly.
    updated = _FIRST_SECOND + place * _SECONDS_BETWEEN_ORDERS
    created = updated - chance.randrange(_LONGEST_DELIVERY)
    currency = chance.choice(("GBP", "EUR", "USD"))
    order: dict[str, object] = {
        "id": _rising_id(chance, created),
        "status": chance.choice(_STATUSES),
        "user_id": _id(chance),
        "buyer_email": f"{_id(chance)}@chat.seller.example",
        "buyer_nickname": f"user{chance.randrange(10**6)}",
        "buyer_message": _title(chance),
        "seller_note": _title(chance),
        "create_time": created,
        "update_time": updated,
        "paid_time": created + 60,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "delivery_type": "HOME_DELIVERY",
        "shipping_type": "TIKTOK",
        "shipping_provider": "TT Virtual express",
        "shipping_provider_id": _id(chance),
        "tracking_number": _id(chance),
        "delivery_option_id": _id(chance),
        "delivery_option_name": "Standard Shipping",
        "warehouse_id": _id(chance),
        "payment_method_name": "CCDC",
        "commerce_platform": "TIKTOK_SHOP",
        "order_type": "NORMAL",
        "auto_combine_group_id": _id(chance),
        "fulfillment_priority_level": chance.randrange(100),
        "order_rights": [1],
        "handling_duration": {"days": "7", "type": "BUSINESS_DAY"},
        "packages": [{"id": _id(chance)}],
        "payment": {
            "currency": currency,
            "total_amount": _price(chance),
            "sub_total": _price(chance),
        }
        | {part: _price(chance) for part in _PAYMENT_PARTS},
        "recipient_address": _address(chance),
        "line_items": [
            _line(chance, created, currency) for _ in range(LINES_PER_ORDER)
        ],
    }
    order |= {name: created + chance.randrange(10**6) for name in _MOMENTS}
    order |= {name: chance.random() < 0.1 for name in _FLAGS}
    return order


def _line(chance: Random, created: int, currency: str) -> dict[str, object]:
    return {
        "id": _rising_id(chance, created),
        "product_id": _id(chance),
        "product_name": _title(chance),
        "sku_id": _id(chance),
        "sku_name": _title(chance),
        "seller_sku": f"SKU-{chance.randrange(10**6)}",
        "sku_image": f"https://images.example/{_id(chance)}/{_id(chance)}",
        "sku_type": "NORMAL",
        "display_status": "AWAITING_SHIPMENT",
        "package_id": _id(chance),
        "package_status": "TO_FULFILL",
        "currency": currency,
        "original_price": _price(chance),
        "sale_price": _price(chance),
        "seller_discount": _price(chance),
        "platform_discount": _price(chance),
        "small_order_fee": _price(chance),
        "retail_delivery_fee": _price(chance),
        "buyer_service_fee": _price(chance),
        "gift_retail_price": _price(chance),
        "is_gift": False,
        "is_dangerous_good": False,
        "needs_prescription": False,
        "handling_duration_days": "7",
        "tracking_number": _id(chance),
        "shipping_provider_id": _id(chance),
        "shipping_provider_name": "TT Virtual express",
        "rts_time": _FIRST_SECOND + chance.randrange(10**7),
        "item_tax": [
            {
                "tax_type": "SALES_TAX",
                "tax_amount": _price(chance),
                "tax_rate": "0.35",
            }
        ],
        "combined_listing_skus": [
            {
                "sku_id": _id(chance),
                "sku_count": 1,
                "product_id": _id(chance),
                "seller_sku": f"SKU-{chance.randrange(10**6)}",
            }
        ],
    }


def _address(chance: Random) -> dict[str, object]:
    street = f"{chance.randrange(1, 2000)} {chance.choice(_STREETS)}"
    return {
        "name": "D*** K***",
        "first_name": "D***",
        "last_name": "K***",
        "phone_number": f"(+1)213-***-{chance.randrange(10_000):04}",
        "full_address": f"{street}, San Jose, CA 95110",
        "address_detail": "Unit one building 8",
        "address_line1": street,
        "address_line2": "Suite 100",
        "address_line3": " ",
        "address_line4": " ",
        "postal_code": f"{chance.randrange(100_000):05}",
        "post_town": "San Jose",
        "region_code": "US",
        "district_info": [
            {
                "address_level_name": level,
                "address_name": "California",
                "address_level": f"L{depth}",
                "iso_code": "US",
            }
            for depth, level in enumerate(("Country", "State", "County", "City"))
        ],
        "delivery_preferences": {"drop_off_location": "Front Door"},
    }


def _id(chance: Random) -> str:
    return str(577_000_000_000_000_000 + chance.randrange(10**15))


def _rising_id(chance: Random, second: int) -> str:
    """Return an id whose upper bits are its time, like those of the marketplace."""
    return str((second << 28) + chance.randrange(1 << 28))


def _price(chance: Random) -> str:
    return f"{chance.randrange(20_000) / 100:.2f}"


def _title(chance: Random) -> str:
    return " ".join(chance.sample(_WORDS, 5))
