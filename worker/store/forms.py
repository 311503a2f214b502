"""The normalised form that leaves this system: JSON values of the contract in docs/data.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

ORDER_FIELDS = (
    "status",
    "marketplace_status",
    "currency",
    "total_amount",
    "created_at",
    "updated_at",
    "paid_at",
    "buyer_note",
)
LINE_FIELDS = (
    "line_id",
    "product_id",
    "sku_id",
    "seller_sku",
    "title",
    "quantity",
    "unit_price",
    "currency",
)
PRODUCT_FIELDS = (
    "title",
    "status",
    "marketplace_status",
    "created_at",
    "updated_at",
    "deleted_at",
)
VARIANT_FIELDS = ("sku_id", "seller_sku", "price", "currency", "stock")


def plain(value: Any) -> Any:
    """Return a JSON value: times as ISO 8601 with `Z`, money as decimal text."""
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat(
            timespec="milliseconds" if value.microsecond else "seconds"
        )
        return text[:-6] + "Z"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def child_forms(rows: Any, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return lines or variants, from rows or records, in their own order."""
    return [{name: plain(getattr(row, name)) for name in fields} for row in rows]


def differences(
    old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Return `{name: [old, new]}` for the fields that differ; of a new row, for all it has."""
    if old is None:
        return {name: [None, value] for name, value in new.items() if value is not None}
    return {
        name: [old[name], value] for name, value in new.items() if old[name] != value
    }
