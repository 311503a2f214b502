"""The token journal: what was about to happen, and the sealed reply, before it is used."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from worker.store.schema.accounts import token_journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call of a token endpoint whose end is not yet known."""

    id: int
    authorization_id: int
    # The token set that the reply may replace.
    version: int
    # None: no reply reached this machine.
    sealed_reply: bytes | None = field(repr=False)


def open_entry(
    connection: Connection,
    *,
    app_id: str,
    authorization_id: int | None,
    action: str,
    version: int | None,
    now: datetime,
) -> int:
    """Record the intent; commit it before the call goes out."""
    opened = connection.execute(
        insert(token_journal)
        .values(
            app_id=app_id,
            authorization_id=authorization_id,
            action=action,
            version=version,
            started_at=now,
        )
        .returning(token_journal.c.id)
    )
    return int(opened.scalar_one())


def keep_reply(
    connection: Connection, entry_id: int, sealed_reply: bytes, *, now: datetime
) -> None:
    """Keep what came back; commit it before anything else is done with it."""
    connection.execute(
        update(token_journal)
        .where(token_journal.c.id == entry_id)
        .values(sealed_reply=sealed_reply, replied_at=now)
    )


def settle(
    connection: Connection, entry_id: int, outcome: str, *, now: datetime
) -> None:
    """Close an entry; its reply is in the authorization row now, or worth nothing."""
    connection.execute(
        update(token_journal)
        .where(token_journal.c.id == entry_id)
        .values(settled_at=now, outcome=outcome, sealed_reply=None)
    )


def open_entries(connection: Connection, authorization_id: int) -> list[Entry]:
    """Return what a crash left behind for one authorization, oldest first."""
    rows = connection.execute(
        select(token_journal)
        .where(
            token_journal.c.authorization_id == authorization_id,
            token_journal.c.settled_at.is_(None),
        )
        .order_by(token_journal.c.id)
    )
    return [
        Entry(
            id=row.id,
            authorization_id=row.authorization_id,
            version=row.version,
            sealed_reply=row.sealed_reply,
        )
        for row in rows
    ]
