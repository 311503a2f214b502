"""How many records there are."""

from sqlalchemy import Connection, func, select

from worker.domain.records import Stream
from worker.store.schema.records import orders, products

_TABLES = {Stream.ORDERS: orders, Stream.PRODUCTS: products}


def count_records(connection: Connection, stream: Stream) -> dict[str, int]:
    """Return the number of orders or products by shop; shops without any are left out."""
    table = _TABLES[stream]
    rows = connection.execute(
        select(table.c.shop_key, func.count()).group_by(table.c.shop_key)
    )
    return dict(rows.all())
