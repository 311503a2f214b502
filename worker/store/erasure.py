"""Erase a shop: its rows, and what events tell of it and of its seller.

Removing alone leaves the events, and SQLite leaves the bytes of deleted rows in its file
until something else is written there.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, update

from worker.store.authorizations import all_authorizations, authorization_of_shop
from worker.store.database import Database
from worker.store.removal import remove_shop
from worker.store.schema.feed import events


def was_connected(connection: Connection, shop_key: str) -> bool:
    """Whether a shop has ever been connected here; an event tells when it was found."""
    found = connection.execute(
        select(events.c.id).where(events.c.shop_key == shop_key).limit(1)
    )
    return found.one_or_none() is not None


def erase_shop(connection: Connection, shop_key: str) -> None:
    """Remove a shop, connected or not, and blank the events that are about it.

    With its last shop the authorization goes; then also the events about the seller.
    """
    seller = authorization_of_shop(connection, shop_key)
    with shredding(connection):
        remove_shop(connection, shop_key)
        connection.execute(
            update(events).where(events.c.shop_key == shop_key).values(detail={})
        )
        left = {found.id for found in all_authorizations(connection)}
        if seller is not None and seller.id not in left:
            _blank_seller(connection, seller.app_id, seller.subject)


@contextmanager
def shredding(connection: Connection) -> Iterator[None]:
    """Overwrite what is deleted meanwhile, where the database can be told to.

    PostgreSQL does so in its own time (VACUUM).
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def empty_log(database: Database) -> None:
    """Let SQLite's write-ahead log go, which still has the old pages; readers may delay it."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            raw = connection.connection.cursor()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _blank_seller(connection: Connection, app_id: str, subject: str) -> None:
    rows = connection.execute(
        select(events.c.id, events.c.detail).where(events.c.app_id == app_id)
    ).all()
    about = [row.id for row in rows if row.detail.get("subject") == subject]
    for number in about:
        connection.execute(
            update(events)
            .where(events.c.id == number)
            .values(detail={"subject": subject})
        )
