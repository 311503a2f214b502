"""Order list and order detail."""

from worker.sandbox.temu.order_payload import STATUS_NUMBERS, order_detail, order_item
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.temu.verdicts import (
    ORDER_NOT_FOUND,
    Refused,
    bad_params,
    empty_range,
    half_a_pair,
    not_in_seconds,
)
from worker.sandbox.temu.zone import Admitted
from worker.sandbox.world.ledger import Span
from worker.sandbox.world.records import Order

MAX_PAGE_SIZE = 100
# The text of the older list says so; whether the new one goes deeper is unknown.
MAX_PAGE_NUMBER = 100
MAX_ORDER_NUMBERS = 20
DEFAULT_PAGE_SIZE = 10
# More than eleven digits are milliseconds.
_LATEST_SECOND = 99_999_999_999


def list_orders(call: Admitted) -> object:
    """Answer one page, always newest first; both ends of a time range are inclusive."""
    parameters = call.parameters
    ledger = call.mall.shop.orders
    ledger.catch_up(call.zone.conditions.now())
    number = _paging(parameters, "pageNumber", default=1, most=MAX_PAGE_NUMBER)
    size = _paging(
        parameters, "pageSize", default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE
    )
    found = _found(call)
    page = found.page((number - 1) * size, size, newest_first=True)
    return {
        "totalItemNum": len(found),
        "pageItems": [order_item(call.mall.shop, order) for order in page],
    }


def read_order(call: Admitted) -> object:
    """Answer one order by its parent number."""
    ledger = call.mall.shop.orders
    ledger.catch_up(call.zone.conditions.now())
    number = call.parameters.text("parentOrderSn")
    if not number:
        raise Refused(bad_params("parentOrderSn"))
    order = ledger.get(number)
    if order is None:
        raise Refused(ORDER_NOT_FOUND)
    return order_detail(call.mall.shop, order)


def _found(call: Admitted) -> Span[Order]:
    parameters = call.parameters
    ledger = call.mall.shop.orders
    created = _range(parameters, "createAfter", "createBefore")
    updated = _range(parameters, "updateAtStart", "updateAtEnd")
    status = parameters.integer("parentOrderStatus") or 0
    numbers = parameters.texts("parentOrderSnList")
    if len(numbers) > MAX_ORDER_NUMBERS:
        raise Refused(bad_params("parentOrderSnList"))
    sort_by = parameters.text("sortby") or "createTime"
    if sort_by == "updateTime":
        found = ledger.updated(*_half_open(updated))
    elif sort_by == "createTime":
        found = ledger.created(*_half_open(created))
    else:
        raise Refused(bad_params("sortby"))
    other = created if sort_by == "updateTime" else updated
    if other is None and not status and not numbers:
        return found
    return found.where(
        lambda order: (
            _within(order.created_at, created)
            and _within(order.updated_at, updated)
            and status in {0, STATUS_NUMBERS[order.state]}
            and (not numbers or order.row_id in numbers)
        )
    )


def _paging(parameters: Parameters, name: str, *, default: int, most: int) -> int:
    value = parameters.integer(name)
    if value is None:
        return default
    if not 1 <= value <= most:
        raise Refused(bad_params(name))
    return value


def _range(parameters: Parameters, start: str, end: str) -> tuple[int, int] | None:
    """Return a closed range in seconds; both ends or none."""
    ends = [parameters.integer(start), parameters.integer(end)]
    for name, value in zip((start, end), ends, strict=True):
        if value is not None and not 0 <= value <= _LATEST_SECOND:
            raise Refused(not_in_seconds(name))
    match ends:
        case [None, None]:
            return None
        case [None, int()]:
            raise Refused(half_a_pair(start))
        case [int(), None]:
            raise Refused(half_a_pair(end))
        case [int(first), int(last)] if last > first:
            return first, last
        case _:
            raise Refused(empty_range(start, end))


def _half_open(closed: tuple[int, int] | None) -> tuple[int | None, int | None]:
    return (None, None) if closed is None else (closed[0], closed[1] + 1)


def _within(moment: int, closed: tuple[int, int] | None) -> bool:
    return closed is None or closed[0] <= moment <= closed[1]
