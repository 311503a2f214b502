"""Where orders and products are, in the world's own words, and what others call that."""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order is."""

    UNPAID = "unpaid"
    ON_HOLD = "on_hold"
    TO_SHIP = "to_ship"
    TO_COLLECT = "to_collect"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ProductState(StrEnum):
    """Where a product is."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    LIVE = "live"
    OFF = "off"
    TAKEN_DOWN = "taken_down"
    FROZEN = "frozen"
    DELETED = "deleted"


NORMALISED_ORDER = {
    OrderState.UNPAID: "pending",
    OrderState.ON_HOLD: "on_hold",
    OrderState.TO_SHIP: "to_ship",
    OrderState.TO_COLLECT: "to_ship",
    OrderState.PARTLY_SHIPPED: "partially_shipped",
    OrderState.SHIPPED: "shipped",
    OrderState.PARTLY_DELIVERED: "shipped",
    OrderState.DELIVERED: "delivered",
    OrderState.COMPLETED: "completed",
    OrderState.CANCELLED: "cancelled",
}

NORMALISED_PRODUCT = {
    ProductState.DRAFT: "draft",
    ProductState.IN_REVIEW: "pending",
    ProductState.REFUSED: "failed",
    ProductState.LIVE: "live",
    ProductState.OFF: "inactive",
    ProductState.TAKEN_DOWN: "inactive",
    ProductState.FROZEN: "frozen",
    ProductState.DELETED: "deleted",
}

# What each marketplace calls an order's state; it uses no other states than these.
ORDER_WORDS = {
    "tiktok_shop": {
        OrderState.UNPAID: "UNPAID",
        OrderState.ON_HOLD: "ON_HOLD",
        OrderState.TO_SHIP: "AWAITING_SHIPMENT",
        OrderState.TO_COLLECT: "AWAITING_COLLECTION",
        OrderState.PARTLY_SHIPPED: "PARTIALLY_SHIPPING",
        OrderState.SHIPPED: "IN_TRANSIT",
        OrderState.DELIVERED: "DELIVERED",
        OrderState.COMPLETED: "COMPLETED",
        OrderState.CANCELLED: "CANCELLED",
    },
    "temu": {
        OrderState.UNPAID: "PENDING",
        OrderState.TO_SHIP: "UN_SHIPPING",
        OrderState.CANCELLED: "CANCELED",
        OrderState.SHIPPED: "SHIPPED",
        OrderState.PARTLY_SHIPPED: "PARTIALLY_SHIPPED",
        OrderState.DELIVERED: "DELIVERED",
        OrderState.PARTLY_DELIVERED: "PARTIALLY_DELIVERED",
    },
}

PRODUCT_WORDS = {
    "tiktok_shop": {
        ProductState.DRAFT: "DRAFT",
        ProductState.IN_REVIEW: "PENDING",
        ProductState.REFUSED: "FAILED",
        ProductState.LIVE: "ACTIVATE",
        ProductState.OFF: "SELLER_DEACTIVATED",
        ProductState.TAKEN_DOWN: "PLATFORM_DEACTIVATED",
        ProductState.FROZEN: "FREEZE",
        ProductState.DELETED: "DELETED",
    },
    "temu": {
        ProductState.DRAFT: "Draft",
        ProductState.IN_REVIEW: "Incomplete",
        ProductState.LIVE: "Active",
        ProductState.OFF: "Inactive",
        ProductState.DELETED: "Deleted",
    },
}
