"""What is in the database of a test."""

from sqlalchemy import func, select

from tests.integration.store.made_up import SHOP_KEY
from worker.domain.records import Stream
from worker.store.export import changes_after, export
from worker.store.schema import records
from worker.store.schema.feed import changes


def stored(database, stream=Stream.ORDERS, *, shop_key=SHOP_KEY, raw=False):
    """Return what is exported of one shop."""
    with database.read() as connection:
        return list(export(connection, stream, shop_key=shop_key, raw=raw))


def feed(database, *, shop_key=SHOP_KEY):
    """Return the changes of one shop, oldest first."""
    with database.read() as connection:
        found = changes_after(connection, 0, limit=10_000)
    return [change for change in found if change["shop_key"] == shop_key]


def row_counts(database):
    """Return how many rows each table of records has, and the feed."""
    tables = (
        records.orders,
        records.order_lines,
        records.raw_payloads,
        changes,
    )
    with database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        ]
