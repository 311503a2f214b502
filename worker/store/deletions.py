"""Mark products as deleted that their marketplace does not have any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from worker.domain.records import ProductStatus, Stream
from worker.store.forms import plain
from worker.store.membership import one_of
from worker.store.record_rows import take_feed_turn
from worker.store.schema.feed import changes
from worker.store.schema.records import products

# Equal to the hash of no payload: whatever is shown of the product again is new.
_NO_PAYLOAD = b""


def delete_products(
    connection: Connection, shop_key: str, product_ids: Sequence[str], *, now: datetime
) -> int:
    """Mark these products as deleted now, with a change each; return how many were not.

    The row, its variants and its payload stay. The caller holds the stream's row.
    """
    deleted = ProductStatus.DELETED.value
    columns = products.c
    which = (
        (columns.shop_key == shop_key)
        & one_of(columns.product_id, product_ids)
        & (columns.status != deleted)
    )
    rows = connection.execute(
        select(
            columns.product_id, columns.status, columns.deleted_at, columns.updated_at
        )
        .where(which)
        .order_by(columns.product_id)
    ).all()
    if not rows:
        return 0
    connection.execute(
        update(products)
        .where(which)
        .values(status=deleted, deleted_at=now, content_hash=_NO_PAYLOAD)
    )
    take_feed_turn(connection)
    connection.execute(
        insert(changes),
        [
            {
                "at": now,
                "shop_key": shop_key,
                "stream": Stream.PRODUCTS.value,
                "id": row.product_id,
                "kind": "deleted",
                "fields": {
                    "status": [row.status, deleted],
                    "deleted_at": [plain(row.deleted_at), plain(now)],
                },
                "updated_at": row.updated_at,
            }
            for row in rows
        ],
    )
    return len(rows)
