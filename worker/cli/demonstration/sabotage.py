"""Lose an order on purpose: proves that the comparison at the end would notice."""

from sqlalchemy import delete, select

from worker.store.database import Database
from worker.store.schema.records import orders


def lose_an_order(database: Database) -> None:
    """Delete the order that has not changed for the longest time."""
    with database.write() as connection:
        oldest = connection.execute(
            select(orders.c.shop_key, orders.c.order_id)
            .order_by(orders.c.updated_at)
            .limit(1)
        ).one()
        connection.execute(
            delete(orders).where(
                orders.c.shop_key == oldest.shop_key,
                orders.c.order_id == oldest.order_id,
            )
        )
