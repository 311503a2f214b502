"""A seller's token set and its state: written by compare-and-set of its version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from worker.domain.grants import AuthorizationState, Grant
from worker.domain.identity import App
from worker.store.schema.accounts import authorizations
from worker.store.sealing import Sealer


def adopt_grant(
    connection: Connection,
    app: App,
    grant: Grant,
    *,
    sealer: Sealer,
    now: datetime,
    refresh_at: datetime,
) -> int:
    """Store a seller's new grant, whatever was known of this seller before; return its number."""
    values = _token_columns(grant, sealer, now=now, refresh_at=refresh_at)
    known = connection.execute(
        select(authorizations.c.id)
        .where(
            authorizations.c.app_id == app.app_id,
            authorizations.c.subject == grant.subject,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if known is not None:
        connection.execute(
            update(authorizations)
            .where(authorizations.c.id == known)
            # A refresh that is in flight loses: its version is no longer the stored one.
            .values(
                version=authorizations.c.version + 1,
                lease_owner=None,
                lease_until=None,
                runway_told=None,
                **values,
            )
        )
        return int(known)
    created = connection.execute(
        insert(authorizations)
        .values(
            app_id=app.app_id,
            subject=grant.subject,
            version=1,
            created_at=now,
            **values,
        )
        .returning(authorizations.c.id)
    )
    return int(created.scalar_one())


def save_grant(
    connection: Connection,
    authorization_id: int,
    grant: Grant,
    *,
    replaces: int,
    sealer: Sealer,
    now: datetime,
    refresh_at: datetime,
) -> bool:
    """Replace token set `replaces` by a new one; False if it is not the stored one any more."""
    saved = connection.execute(
        update(authorizations)
        .where(
            authorizations.c.id == authorization_id,
            authorizations.c.version == replaces,
        )
        .values(
            version=replaces + 1,
            **_token_columns(grant, sealer, now=now, refresh_at=refresh_at),
        )
    )
    return saved.rowcount == 1


def save_state(
    connection: Connection,
    authorization_id: int,
    state: AuthorizationState,
    *,
    version: int,
    refresh_at: datetime | None,
    failures: int = 0,
    last_error: str | None = None,
) -> bool:
    """Change the state of token set `version`; False if there is a newer one already."""
    moved = connection.execute(
        update(authorizations)
        .where(
            authorizations.c.id == authorization_id,
            authorizations.c.version == version,
        )
        .values(
            state=state.value,
            refresh_at=refresh_at,
            failures=failures,
            last_error=last_error,
        )
    )
    return moved.rowcount == 1


def spend_replay(connection: Connection, authorization_id: int) -> None:
    """Remember that the stored token set has had its one replay; commit before sending."""
    connection.execute(
        update(authorizations)
        .where(authorizations.c.id == authorization_id)
        .values(replayed_version=authorizations.c.version)
    )


def allow_replay(connection: Connection, authorization_id: int) -> None:
    """Give the replay back: the marketplace answered it, only not with tokens."""
    connection.execute(
        update(authorizations)
        .where(authorizations.c.id == authorization_id)
        .values(replayed_version=None)
    )


def _token_columns(
    grant: Grant, sealer: Sealer, *, now: datetime, refresh_at: datetime
) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        "state": AuthorizationState.ACTIVE.value,
        "access_expires_at": grant.access_expires_at,
        "refreshed_at": now,
        "refresh_at": refresh_at,
        "failures": 0,
        "last_error": None,
    }
    # What a reply leaves out stays as it is: a marketplace that does not rotate a token
    # does not always repeat it.
    if grant.access_token:
        values["sealed_access_token"] = sealer.seal(grant.access_token)
    if grant.refresh_token:
        values["sealed_refresh_token"] = sealer.seal(grant.refresh_token)
    for name in ("name", "region", "refresh_expires_at", "scopes"):
        if getattr(grant, name) is not None:
            values[name] = getattr(grant, name)
    return values
