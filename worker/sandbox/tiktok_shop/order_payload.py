"""An order as TikTok Shop writes it, with every field of the documented sample.

https://partner.tiktokshop.com/docv2/page/get-order-list-202309
"""

import orjson

from worker.sandbox.tiktok_shop.recipients import recipient_address
from worker.sandbox.world.money import amount_text
from worker.sandbox.world.records import Line, Order
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import ORDER_WORDS, OrderState

DAY = 86_400  # seconds

_NOT_YET_SHIPPED = frozenset(
    {
        OrderState.UNPAID,
        OrderState.ON_HOLD,
        OrderState.TO_SHIP,
        OrderState.CANCELLED,
    }
)
_DELIVERED = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})
_PROVIDER, _PROVIDER_ID = "TT Virtual express", "6617675021119438849"


def order_payload(shop: Shop, order: Order) -> dict[str, object]:
    """Return one order; fields that do not apply to its state are left out."""
    user = 7_021_000_000_000_000_000 + order.serial % 997
    tracking = f"SB{order.serial:09d}"
    payload: dict[str, object] = {
        "id": order.row_id,
        "status": ORDER_WORDS["tiktok_shop"][order.state],
        "user_id": str(user),
        "buyer_email": f"{user}@chat.seller.example",
        "buyer_nickname": f"user{user % 1000}",
        "buyer_message": order.buyer_note,
        "seller_note": "",
        "create_time": order.created_at,
        "update_time": order.updated_at,
        "rts_sla_time": order.created_at + 2 * DAY,
        "tts_sla_time": order.created_at + 3 * DAY,
        "cancel_order_sla_time": order.created_at + 5 * DAY,
        "shipping_due_time": order.created_at + 4 * DAY,
        "collection_due_time": order.created_at + 4 * DAY,
        "delivery_due_time": order.created_at + 12 * DAY,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "delivery_type": "HOME_DELIVERY",
        "shipping_type": "TIKTOK",
        "shipping_provider": _PROVIDER,
        "shipping_provider_id": _PROVIDER_ID,
        "tracking_number": "" if order.state in _NOT_YET_SHIPPED else tracking,
        "delivery_option_id": "7091146663229654785",
        "delivery_option_name": "Standard Shipping",
        "warehouse_id": "6955005333819123123",
        "payment_method_name": "CCDC",
        "split_or_combine_tag": "COMBINED",
        "commerce_platform": "TIKTOK_SHOP",
        "order_type": "NORMAL",
        "need_upload_invoice": "NO_NEED",
        "cpf": "",
        "is_cod": False,
        "is_sample_order": False,
        "is_on_hold_order": order.state is OrderState.ON_HOLD,
        "is_replacement_order": False,
        "replaced_order_id": "",
        "is_exchange_order": False,
        "exchange_source_order_id": "",
        "is_subscription_order": False,
        "is_buyer_request_cancel": False,
        "has_updated_recipient_address": False,
        "auto_combine_group_id": str(user),
        "fulfillment_priority_level": 100,
        "order_rights": [1],
        "handling_duration": _HANDLING,
        "packages": [{"id": f"11523{order.serial:014d}"}],
        "payment": _payment(shop, order),
        "recipient_address": recipient_address(shop.market.region, order.serial),
        "line_items": [_line(shop, order, line, tracking) for line in order.lines],
    }
    if order.paid_at is not None:
        payload["paid_time"] = order.paid_at
        payload["rts_time"] = order.paid_at
    if order.state in _DELIVERED:
        payload["collection_time"] = payload["delivery_time"] = order.updated_at
    if order.state is OrderState.CANCELLED:
        payload["cancel_time"] = payload["request_cancel_time"] = order.updated_at
        payload["cancel_reason"] = "Pricing error"
        payload["cancellation_initiator"] = "SELLER"
    return payload


# What is the same in every order is written once.
_HANDLING = orjson.Fragment(b'{"days":"7","type":"BUSINESS_DAY"}')


def _payment(shop: Shop, order: Order) -> dict[str, str]:
    currency = shop.market.currency
    zero = amount_text(0, currency)
    sub_total = amount_text(order.sub_total, currency)
    shipping = amount_text(order.shipping_fee, currency)
    tax = amount_text(order.tax, currency)
    return {
        "currency": currency,
        "total_amount": amount_text(order.total, currency),
        "sub_total": sub_total,
        "original_total_product_price": sub_total,
        "seller_discount": zero,
        "platform_discount": zero,
        "payment_platform_discount": zero,
        "payment_discount_service_fee": zero,
        "shipping_fee": shipping,
        "original_shipping_fee": shipping,
        "shipping_fee_seller_discount": zero,
        "shipping_fee_platform_discount": zero,
        "shipping_fee_cofunded_discount": zero,
        "tax": tax,
        "product_tax": tax,
        "shipping_fee_tax": zero,
        "small_order_fee": zero,
        "retail_delivery_fee": zero,
        "buyer_service_fee": zero,
        "handling_fee": zero,
        "shipping_insurance_fee": zero,
        "item_insurance_fee": zero,
        "item_insurance_tax": zero,
        "distance_shipping_fee": zero,
        "distance_fee": zero,
    }


def _line(shop: Shop, order: Order, line: Line, tracking: str) -> dict[str, object]:
    currency = shop.market.currency
    zero = amount_text(0, currency)
    price = amount_text(line.unit_price, currency)
    shipped = order.state not in _NOT_YET_SHIPPED
    payload: dict[str, object] = {
        "id": line.line_id,
        "product_id": line.product_id,
        "product_name": line.title,
        "sku_id": line.sku_id,
        "sku_name": line.variant,
        "seller_sku": line.seller_sku,
        "sku_image": f"https://images.example/{line.sku_id}.jpeg",
        "sku_type": "NORMAL",
        "display_status": ORDER_WORDS["tiktok_shop"][order.state],
        "package_id": f"11523{order.serial:014d}",
        "package_status": "COMPLETED" if order.state in _DELIVERED else "TO_FULFILL",
        "currency": currency,
        "original_price": price,
        "sale_price": price,
        "seller_discount": zero,
        "platform_discount": zero,
        "small_order_fee": zero,
        "retail_delivery_fee": zero,
        "buyer_service_fee": zero,
        "pfand_fee": zero,
        "gift_retail_price": zero,
        "is_gift": False,
        "is_dangerous_good": False,
        "needs_prescription": False,
        "handling_duration_days": "7",
        "tracking_number": tracking if shipped else "",
        "shipping_provider_id": _PROVIDER_ID,
        "shipping_provider_name": _PROVIDER,
        "item_tax": [{"tax_type": "SALES_TAX", "tax_amount": zero, "tax_rate": "0"}],
        "combined_listing_skus": [],
    }
    if order.paid_at is not None:
        payload["rts_time"] = order.paid_at
    if order.state is OrderState.CANCELLED:
        payload["cancel_reason"] = "Pricing error"
        payload["cancel_user"] = "SELLER"
    return payload
