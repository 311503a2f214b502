"""Read a list reply, and make a page of its rows: what is not understood is kept beside."""

from collections.abc import Callable, Iterable

import orjson

from worker.domain.errors import UnreadableReply
from worker.domain.pages import Page, Unreadable
from worker.domain.records import Record
from worker.marketplaces.temu.fields import NotUnderstood, row, rows, whole


def listing(
    endpoint: str, payload: object, *, items: str, total: str
) -> tuple[tuple[object, ...], int | None]:
    """Return the rows of a page, and how many there are over all pages.

    Raises:
        UnreadableReply: it is no such list.
    """
    try:
        result = row(payload, "result")
        found, count = rows(result, items), whole(result, total)
    except NotUnderstood as error:
        raise UnreadableReply(endpoint, str(error)) from error
    if result.get(items) is None and count != 0:
        raise UnreadableReply(endpoint, f"{items} is missing")
    return found, count


def whole_listing(
    endpoint: str, payload: object, *, items: str, total: str
) -> tuple[object, ...]:
    """Return the rows of a list that fits on one page.

    Raises:
        UnreadableReply: it is no such list, or it has fewer rows than it counts: what is
            missing would be taken for gone.
    """
    found, count = listing(endpoint, payload, items=items, total=total)
    if count is not None and len(found) < count:
        raise UnreadableReply(endpoint, f"{items} has {len(found)} of {count} rows")
    return found


def page_of(
    items: Iterable[object],
    *,
    read: Callable[[object], Record],
    id_of: Callable[[object], str | None],
    total: int | None,
    next_cursor: str | None,
) -> Page:
    """Return the page; a row that cannot be read does not stop the others."""
    records: list[Record] = []
    unreadable: list[Unreadable] = []
    for item in items:
        try:
            records.append(read(item))
        except NotUnderstood as error:
            unreadable.append(
                Unreadable(
                    record_id=id_of(item), reason=str(error), raw=orjson.dumps(item)
                )
            )
    return Page(
        records=tuple(records),
        next_cursor=next_cursor,
        total=total,
        unreadable=tuple(unreadable),
    )
