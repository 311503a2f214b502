"""Prove that the keys fit what is stored; seal all of it again with the newest key."""

from sqlalchemy import Column, Connection, Table, select, update

from worker.store.database import Database
from worker.store.membership import one_of
from worker.store.schema.accounts import authorizations, token_journal
from worker.store.sealing import Sealer

_BATCH = 200  # rows

_SEALED = (
    (authorizations, ("sealed_access_token", "sealed_refresh_token")),
    (token_journal, ("sealed_reply",)),
)


def prove_keys(database: Database, sealer: Sealer) -> None:
    """Open the newest stored token, so that a wrong key is known before anything is done.

    Raises:
        OperatorError: no key fits.
    """
    newest = (
        select(authorizations.c.sealed_access_token)
        .order_by(authorizations.c.refreshed_at.desc())
        .limit(1)
    )
    with database.read() as connection:
        sealed = connection.execute(newest).scalar_one_or_none()
    if sealed is not None:
        sealer.open(sealed)


def reseal_everything(database: Database, sealer: Sealer) -> int:
    """Return how many secrets were sealed again; what is written meanwhile is not lost.

    Raises:
        OperatorError: one was sealed with a key that is not there; its batch stays as it is.
    """
    count = 0
    for table, names in _SEALED:
        columns = [table.c[name] for name in names]
        last = 0
        while True:
            with database.write() as connection:
                ids = _next_ids(connection, table, after=last)
                count += _reseal(connection, table, columns, ids, sealer)
            if not ids:
                break
            last = ids[-1]
    return count


def _next_ids(connection: Connection, table: Table, *, after: int) -> list[int]:
    rows = connection.execute(
        select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(_BATCH)
    )
    return [int(found) for found in rows.scalars()]


def _reseal(
    connection: Connection,
    table: Table,
    columns: list[Column[bytes | None]],
    ids: list[int],
    sealer: Sealer,
) -> int:
    count = 0
    # A token that is refreshed right now waits for this transaction, or this one for it.
    rows = connection.execute(
        select(table.c.id, *columns).where(one_of(table.c.id, ids)).with_for_update()
    )
    for row in rows.all():
        fresh = {
            column.name: sealer.renew(sealed)
            for column in columns
            if (sealed := getattr(row, column.name)) is not None
        }
        if fresh:
            connection.execute(
                update(table).where(table.c.id == row.id).values(**fresh)
            )
        count += len(fresh)
    return count
