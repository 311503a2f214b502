"""Shops that are forgotten, with all that was read of them."""

from sqlalchemy import Connection, delete

from worker.store.schema import records
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.feed import changes
from worker.store.schema.notifications import notifications
from worker.store.schema.reads import page_reads
from worker.store.shops import shop_keys


def remove_shop(connection: Connection, shop_key: str) -> None:
    """Forget a shop and all its data; its authorization goes with its last shop."""
    # First, as this waits for a page that is being written and keeps others from starting.
    gone = connection.execute(
        delete(shops)
        .where(shops.c.shop_key == shop_key)
        .returning(shops.c.authorization_id)
    ).scalar_one_or_none()
    for table in (
        records.orders,
        records.order_lines,
        records.products,
        records.variants,
        records.raw_payloads,
        records.unreadable_rows,
        page_reads,
        changes,
        notifications,
    ):
        connection.execute(delete(table).where(table.c.shop_key == shop_key))
    if gone is not None and not shop_keys(connection, gone):
        connection.execute(delete(authorizations).where(authorizations.c.id == gone))
