"""Who may refresh a seller's tokens now."""

from datetime import datetime

from sqlalchemy import Connection, or_, update

from worker.store.schema.accounts import authorizations


def hold_lease(
    connection: Connection,
    authorization_id: int,
    *,
    owner: str,
    version: int,
    until: datetime,
) -> bool:
    """Prove that lease and token set are still what they were, and extend the lease."""
    held = connection.execute(
        update(authorizations)
        .where(
            authorizations.c.id == authorization_id,
            authorizations.c.lease_owner == owner,
            authorizations.c.version == version,
        )
        .values(lease_until=until)
    )
    return held.rowcount == 1


def take_lease(
    connection: Connection,
    authorization_id: int,
    *,
    owner: str,
    now: datetime,
    until: datetime,
    handed: str | None = None,
) -> bool:
    """Become the one who refreshes; False if somebody else is.

    `handed` is the lease of the message that asked for it. It is swapped for a new one,
    so that the same message delivered twice finds nothing to do.
    """
    free = or_(
        authorizations.c.lease_until.is_(None), authorizations.c.lease_until < now
    )
    taken = connection.execute(
        update(authorizations)
        .where(
            authorizations.c.id == authorization_id,
            free if handed is None else authorizations.c.lease_owner == handed,
        )
        .values(lease_owner=owner, lease_until=until)
    )
    return taken.rowcount == 1


def release_lease(connection: Connection, authorization_id: int, *, owner: str) -> None:
    """Give the lease back, if it is still ours."""
    connection.execute(
        update(authorizations)
        .where(
            authorizations.c.id == authorization_id,
            authorizations.c.lease_owner == owner,
        )
        .values(lease_owner=None, lease_until=None)
    )
