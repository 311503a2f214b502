"""The token journal: what was about to happen, and the sealed reply, before it is used."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

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
    # Closed before, but its reply could not be read then.
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What is known of a code that was submitted before."""

    # None: the exchange is in flight, or died.
    outcome: str | None
    # None: it did not lead to an authorization.
    authorization_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """The reply to an exchange whose process died before it was used."""

    id: int
    app_id: str
    started_at: datetime
    # `exchange` of a code, or `adopt` of a token that was given by hand.
    action: str
    sealed_reply: bytes | None = field(repr=False)


def open_entry(
    connection: Connection,
    *,
    app_id: str,
    authorization_id: int | None,
    action: str,
    version: int | None,
    now: datetime,
    code_digest: str | None = None,
) -> int:
    """Record the intent; commit it before the call goes out."""
    opened = connection.execute(
        insert(token_journal)
        .values(
            app_id=app_id,
            authorization_id=authorization_id,
            action=action,
            version=version,
            code_digest=code_digest,
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
    connection: Connection,
    entry_id: int,
    outcome: str,
    *,
    now: datetime,
    authorization_id: int | None = None,
    forget_code: bool = False,
    keep_reply: bool = False,
) -> None:
    """Close an entry; its reply is in the authorization row now, or worth nothing.

    `keep_reply` where it could not be read: a better reader may find tokens in it.
    """
    values: dict[str, object] = {"settled_at": now, "outcome": outcome}
    if not keep_reply:
        values["sealed_reply"] = None
    if authorization_id is not None:
        values["authorization_id"] = authorization_id
    if forget_code:
        values["code_digest"] = None
    connection.execute(
        update(token_journal).where(token_journal.c.id == entry_id).values(**values)
    )


def find_exchange(connection: Connection, code_digest: str) -> Exchanged | None:
    """Return what became of a code; None if it was never submitted."""
    row = connection.execute(
        select(token_journal.c.outcome, token_journal.c.authorization_id).where(
            token_journal.c.code_digest == code_digest
        )
    ).one_or_none()
    if row is None:
        return None
    return Exchanged(outcome=row.outcome, authorization_id=row.authorization_id)


def orphans(connection: Connection, *, before: datetime) -> list[Orphan]:
    """Return the entries of new sellers that nobody has closed for too long."""
    rows = connection.execute(
        select(token_journal).where(
            token_journal.c.authorization_id.is_(None),
            token_journal.c.settled_at.is_(None),
            token_journal.c.started_at < before,
        )
    )
    return [
        Orphan(
            id=row.id,
            app_id=row.app_id,
            started_at=row.started_at,
            action=row.action,
            sealed_reply=row.sealed_reply,
        )
        for row in rows
    ]


def unfinished(connection: Connection, *, before: datetime) -> list[int]:
    """Return the authorizations with an entry that nobody has closed for too long."""
    rows = connection.execute(
        select(token_journal.c.authorization_id)
        .where(
            token_journal.c.authorization_id.is_not(None),
            token_journal.c.settled_at.is_(None),
            token_journal.c.started_at < before,
        )
        .distinct()
    )
    return [int(found) for found in rows.scalars()]


def open_entries(
    connection: Connection, authorization_id: int, *, version: int
) -> list[Entry]:
    """Return what a crash left behind for one authorization, oldest first.

    Also the replies to refreshes of token set `version` that could not be read.
    """
    rows = connection.execute(
        select(token_journal)
        .where(
            token_journal.c.authorization_id == authorization_id,
            or_(
                token_journal.c.settled_at.is_(None),
                token_journal.c.sealed_reply.is_not(None)
                & (token_journal.c.version == version),
            ),
        )
        .order_by(token_journal.c.id)
    )
    return [
        Entry(
            id=row.id,
            authorization_id=row.authorization_id,
            version=row.version,
            sealed_reply=row.sealed_reply,
            settled=row.settled_at is not None,
        )
        for row in rows
    ]
