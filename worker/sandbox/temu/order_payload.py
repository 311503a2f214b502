"""An order as Temu writes it; there is no money in it."""

from worker.sandbox.world.records import Line, Order
from worker.sandbox.world.shops import Shop
from worker.sandbox.world.statuses import OrderState

DAY = 86_400  # seconds

STATUS_NUMBERS = {
    OrderState.UNPAID: 1,
    OrderState.TO_SHIP: 2,
    OrderState.CANCELLED: 3,
    OrderState.SHIPPED: 4,
    OrderState.PARTLY_SHIPPED: 41,
    OrderState.DELIVERED: 5,
    OrderState.PARTLY_DELIVERED: 51,
}
_PARENT_LABELS = [
    {"name": name, "value": 0}
    for name in (
        "soon_to_be_overdue",
        "past_due",
        "pending_buyer_cancellation",
        "pending_buyer_address_change",
        "pending_risk_control_alert",
        "signature_required_on_delivery",
    )
]
_SHIPPED = frozenset(
    {
        OrderState.SHIPPED,
        OrderState.PARTLY_SHIPPED,
        OrderState.DELIVERED,
        OrderState.PARTLY_DELIVERED,
    }
)


def order_item(shop: Shop, order: Order) -> dict[str, object]:
    """Return an order as the list shows it."""
    return {
        "parentOrderMap": _parent(shop, order),
        "orderList": [_line(order, line) for line in order.lines],
    }


def order_detail(shop: Shop, order: Order) -> dict[str, object]:
    """Return an order with what only the detail call tells."""
    return {
        "parentOrderMap": _parent(shop, order)
        | {
            "regionName1": shop.market.region,
            "regionName2": "Sampleshire",
            "regionName3": "Sampletown",
            "paymentInfo": None,
        },
        "orderList": [
            _line(order, line) | {"packageSnInfo": []} for line in order.lines
        ],
    }


def _parent(shop: Shop, order: Order) -> dict[str, object]:
    return {
        "parentOrderSn": order.row_id,
        "parentOrderStatus": STATUS_NUMBERS[order.state],
        "parentOrderTime": order.created_at,
        "parentOrderPendingFinishTime": order.created_at + 900,
        "parentConfirmTime": order.paid_at,
        "updateTime": order.updated_at,
        "expectShipLatestTime": order.created_at + 3 * DAY,
        "latestDeliveryTime": order.created_at + 11 * DAY,
        "parentShippingTime": _shipped_at(order),
        "regionId": shop.market.region_id,
        "siteId": shop.market.site_id,
        "orderPaymentType": "PPD",
        "shippingMethod": 1,
        "hasShippingFee": bool(order.shipping_fee),
        "isShipmentConsolidatedByMainMall": False,
        "batchOrderNumberList": None,
        "fulfillmentWarning": [],
        "parentOrderLabel": _PARENT_LABELS,
    }


def _shipped_at(order: Order) -> int | None:
    return order.updated_at if order.state in _SHIPPED else None


def _line(order: Order, line: Line) -> dict[str, object]:
    return {
        "orderSn": line.line_id,
        "orderStatus": STATUS_NUMBERS[order.state],
        "quantity": line.quantity,
        "originalOrderQuantity": line.ordered,
        "canceledQuantityBeforeShipment": line.cancelled,
        "goodsId": int(line.product_id),
        "skuId": int(line.sku_id),
        "goodsName": line.title,
        "originalGoodsName": line.title,
        "spec": line.variant,
        "originalSpecName": line.variant,
        "thumbUrl": f"https://images.example/{line.sku_id}.jpeg",
        "fulfillmentType": "fulfillBySeller",
        "orderPaymentType": "PPD",
        "orderCreateTime": order.created_at,
        "orderShippingTime": _shipped_at(order),
        "isCancelledDuringPending": False,
        "fulfillmentWarning": [],
        "packageAbnormalTypeList": [],
        "inventoryDeductionWarehouseId": None,
        "inventoryDeductionWarehouseName": None,
        "orderLabel": [
            {"name": "customized_products", "value": 0},
            {"name": "US_to_CA", "value": 0},
        ],
        "productList": [
            {
                "productSkuId": int(line.sku_id) + 1,
                "soldFactor": 1,
                "extCode": line.seller_sku,
                "productId": int(line.product_id) + 1,
            }
        ],
    }
