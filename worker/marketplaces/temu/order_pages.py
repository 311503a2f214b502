"""Ask Temu for orders: page by page of a window, or one by one."""

from worker.domain.errors import ItemGone, TooManyResults, UnreadableReply
from worker.domain.marketplace import Conversation
from worker.domain.pages import Page, PageRequest
from worker.domain.records import Order
from worker.marketplaces.temu import calls
from worker.marketplaces.temu.calls import PAGE_SIZE
from worker.marketplaces.temu.fields import NotUnderstood
from worker.marketplaces.temu.orders import order_id_of, read_order
from worker.marketplaces.temu.pages import listing, page_of

# `pageNumber` ends at 100 by the text of the older list; nobody has seen a deeper page.
CAP = 100 * PAGE_SIZE


def order_page(request: PageRequest) -> Conversation[Page]:
    """Read one page of the orders that changed in a window.

    Raises:
        TooManyResults: the window holds more orders than can be paged through.
    """
    page_number = int(request.cursor or 1)
    call = calls.order_list(request.window, page_number=page_number)
    payload = yield call
    items, total = listing(
        call.endpoint, payload, items="pageItems", total="totalItemNum"
    )
    if total is None:
        raise UnreadableReply(call.endpoint, "totalItemNum is missing")
    if total > CAP:
        raise TooManyResults(call.endpoint, f"{total} orders in one window")
    is_last = not items or page_number * PAGE_SIZE >= total
    return page_of(
        items,
        read=read_order,
        id_of=order_id_of,
        total=total,
        next_cursor=None if is_last else str(page_number + 1),
    )


def orders_by_id(order_ids: tuple[str, ...]) -> Conversation[tuple[Order, ...]]:
    """Read these orders; those that Temu does not know are left out."""
    found: list[Order] = []
    for order_id in order_ids:
        call = calls.order_detail(order_id)
        try:
            payload = yield call
        except ItemGone:
            continue
        try:
            found.append(read_order(payload))
        except NotUnderstood as error:
            raise UnreadableReply(call.endpoint, str(error)) from error
    return tuple(found)
