"""Whose turn it is to refresh an authorization: one at a time, and only if nobody just has."""

from dataclasses import dataclass
from datetime import datetime
from threading import Event

from worker.domain.errors import RetryLater
from worker.domain.grants import AuthorizationState
from worker.store.authorizations import Authorization, find_authorization
from worker.store.database import database_now
from worker.store.refresh_leases import take_lease
from worker.tokens.desk import TokenDesk

# A worker slot waits this long for somebody else's refresh, then the work is due again.
_PATIENCE = 5.0  # seconds
_LOOK_EVERY = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Leased:
    """An authorization as it was when its lease became ours."""

    authorization: Authorization
    at: datetime


def try_lease(
    desk: TokenDesk, authorization_id: int, owner: str, handed: str | None
) -> Leased | None:
    """Take the lease, then read: what was read before may be a rotated token."""
    with desk.database.write() as connection:
        now = database_now(connection)
        taken = take_lease(
            connection,
            authorization_id,
            owner=owner,
            now=now,
            until=now + desk.lease,
            handed=handed,
        )
        found = find_authorization(connection, authorization_id)
    return Leased(found, now) if taken else None


def wait_for_lease(
    desk: TokenDesk, authorization_id: int, owner: str, asked_at: datetime | None
) -> Leased | Authorization:
    """Take the lease as soon as it is free; or return what somebody else made of it.

    Those who wait only read, so a crowd keeps nobody from finishing.

    Raises:
        RetryLater: somebody else is at it for longer than a worker slot waits.
    """
    pause = Event()
    waited = 0.0
    while True:
        with desk.database.read() as connection:
            found = find_authorization(connection, authorization_id)
            now = database_now(connection)
        is_done = found.state is AuthorizationState.ACTIVE
        if is_done and not is_wanted(found, now, asked_at):
            return found
        if found.lease_until is None or found.lease_until < now:
            taken = try_lease(desk, authorization_id, owner, handed=None)
            if taken is not None:
                return taken
        if waited >= _PATIENCE:
            raise RetryLater("token refresh", "another worker is still at it")
        pause.wait(_LOOK_EVERY)
        waited += _LOOK_EVERY


def is_wanted(
    authorization: Authorization, now: datetime, asked_at: datetime | None
) -> bool:
    """Whether it is due, or nobody has refreshed since somebody asked for it."""
    if asked_at is not None and authorization.refreshed_at < asked_at:
        return True
    return authorization.refresh_at is not None and authorization.refresh_at <= now
