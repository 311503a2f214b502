"""The life of an authorization: which moves there are, each one an event."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.grants import AuthorizationState, Grant
from worker.store import authorizations, resting
from worker.store.authorizations import Authorization
from worker.store.events import record_event
from worker.store.grants import save_grant, save_state
from worker.tokens.desk import TokenDesk

_ACTIVE = AuthorizationState.ACTIVE
_REFRESHING = AuthorizationState.REFRESHING
_AMBIGUOUS = AuthorizationState.AMBIGUOUS
_BACKING_OFF = AuthorizationState.BACKING_OFF
_NEEDS_SELLER = AuthorizationState.NEEDS_REAUTHORIZATION
_REVOKED = AuthorizationState.REVOKED

# A seller who authorises again makes any state active: that is a new token set.
MOVES: Mapping[AuthorizationState, frozenset[AuthorizationState]] = {
    # Backing off without a refresh: its app is not configured, or a key is missing.
    _ACTIVE: frozenset({_REFRESHING, _BACKING_OFF, _NEEDS_SELLER, _REVOKED}),
    _REFRESHING: frozenset(
        {_ACTIVE, _AMBIGUOUS, _BACKING_OFF, _NEEDS_SELLER, _REVOKED}
    ),
    _AMBIGUOUS: frozenset({_ACTIVE, _REFRESHING, _NEEDS_SELLER, _REVOKED}),
    _BACKING_OFF: frozenset({_ACTIVE, _REFRESHING, _NEEDS_SELLER, _REVOKED}),
    _NEEDS_SELLER: frozenset({_ACTIVE}),
    _REVOKED: frozenset({_ACTIVE}),
}


def move(
    connection: Connection,
    authorization: Authorization,
    state: AuthorizationState,
    *,
    now: datetime,
    refresh_at: datetime | None,
    failures: int = 0,
    last_error: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> bool:
    """Move token set `authorization.version` to a state; False if there is a newer set.

    Staying in a state is no move and no event; a move that is not in the table is none
    either: a dead authorization stays dead, whatever comes in late.
    """
    current = authorizations.find_authorization(connection, authorization.id)
    stays = state is current.state
    if current.version != authorization.version or not (
        stays or state in MOVES[current.state]
    ):
        return False
    save_state(
        connection,
        authorization.id,
        state,
        version=authorization.version,
        refresh_at=refresh_at,
        failures=failures,
        last_error=last_error,
    )
    if not stays:
        _tell(connection, current, state, now=now, reason=last_error, detail=detail)
    return True


def replace_tokens(
    desk: TokenDesk,
    connection: Connection,
    authorization: Authorization,
    grant: Grant,
    *,
    replaces: int,
    now: datetime,
) -> bool:
    """Put a new token set in force; False if `replaces` is not the stored one any more."""
    current = authorizations.find_authorization(connection, authorization.id)
    saved = save_grant(
        connection,
        authorization.id,
        grant,
        replaces=replaces,
        sealer=desk.sealer,
        now=now,
        refresh_at=desk.next_refresh(grant, now),
    )
    if saved and current.state is not _ACTIVE:
        _tell(connection, current, _ACTIVE, now=now, reason=None)
    if saved and _ends_later(current, grant):
        authorizations.remember_runway(connection, authorization.id, None)
    if saved and current.is_dead:
        # A holder that had been frozen brought the very tokens that were thought lost.
        resting.revive_streams(connection, authorization.id, now=now)
    return saved


def _ends_later(current: Authorization, grant: Grant) -> bool:
    refresh_ends = grant.refresh_expires_at or current.refresh_expires_at
    return (refresh_ends or grant.access_expires_at) > current.ends_at


def _tell(
    connection: Connection,
    current: Authorization,
    state: AuthorizationState,
    *,
    now: datetime,
    reason: str | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    record_event(
        connection,
        f"authorization_{state}",
        now=now,
        app_id=current.app_id,
        detail={
            "subject": current.subject,
            "previous": current.state.value,
            "reason": reason,
            **(detail or {}),
        },
    )
