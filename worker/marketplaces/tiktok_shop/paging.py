"""A page of rows: each row is read on its own, so one bad row spoils nothing else."""

from collections.abc import Callable

import orjson

from worker.domain.pages import Page, Unreadable
from worker.domain.records import Record
from worker.marketplaces.tiktok_shop.fields import (
    NotAsDocumented,
    as_row,
    count,
    listing,
    text,
)
from worker.marketplaces.tiktok_shop.order_rows import whole


def read_page(payload: object, name: str, read: Callable[[object], Record]) -> Page:
    """Read the rows in the list `name`.

    Raises:
        NotAsDocumented: the page itself is wrong, not only a row of it.
    """
    data = as_row(payload, "data")
    records: list[Record] = []
    unreadable: list[Unreadable] = []
    for row in listing(data, name):
        try:
            records.append(read(row))
        except NotAsDocumented as error:
            unreadable.append(_kept(whole(row), str(error)))
    return Page(
        records=tuple(records),
        # The last page has an empty token, or none at all.
        next_cursor=text(data, "next_page_token"),
        total=count(data, "total_count"),
        unreadable=tuple(unreadable),
    )


def _kept(row: object, reason: str) -> Unreadable:
    record_id = row.get("id") if isinstance(row, dict) else None
    return Unreadable(
        record_id=str(record_id) if isinstance(record_id, str | int) else None,
        reason=reason,
        raw=orjson.dumps(row),
    )
