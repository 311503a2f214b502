"""Which records are not stored yet, and what a stream has learned of late ones."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from worker.domain.records import Stream
from worker.store.claims import Claim, update_owned
from worker.store.membership import one_of
from worker.store.shapes import SHAPES


def unknown_ids(
    connection: Connection, stream: Stream, shop_key: str, ids: Collection[str]
) -> set[str]:
    """Return those of these ids that are not stored."""
    if not ids:
        return set()
    shape = SHAPES[stream]
    column = shape.table.c[shape.id_name]
    known = connection.execute(
        select(column).where(shape.table.c.shop_key == shop_key, one_of(column, ids))
    )
    return set(ids) - set(known.scalars())


def save_lateness(
    connection: Connection, claim: Claim, counts: tuple[int, ...]
) -> None:
    """Save how late rows were, in the transaction that completes their window.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    update_owned(connection, claim, lateness=list(counts))
