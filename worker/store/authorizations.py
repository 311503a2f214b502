"""Authorizations: one seller's grant each, written by compare-and-set under a lease."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from worker.domain.grants import DEAD, AuthorizationState, Grant
from worker.domain.identity import App, Credentials
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.schema.accounts import apps, authorizations, shops
from worker.store.schema.metadata import UtcTime
from worker.store.sealing import Sealer

# When the seller must have authorised again; the same as `Authorization.ends_at`.
_ENDS = func.coalesce(
    authorizations.c.refresh_expires_at,
    authorizations.c.access_expires_at,
    type_=UtcTime(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """One row; the tokens stay sealed until a call needs them."""

    id: int
    app_id: str
    subject: str
    name: str | None
    region: str | None
    state: AuthorizationState
    sealed_access_token: bytes = field(repr=False)
    sealed_refresh_token: bytes | None = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime | None
    refreshed_at: datetime
    scopes: tuple[str, ...] | None
    # Counts the token sets; whoever writes a new one names the one it replaces.
    version: int
    # The version whose lost refresh has had its one replay.
    replayed_version: int | None
    # Of how many days before its end an operator was told last.
    runway_told: int | None
    refresh_at: datetime | None
    lease_owner: str | None
    lease_until: datetime | None
    failures: int
    last_error: str | None

    @property
    def is_dead(self) -> bool:
        """Whether only the seller can help."""
        return self.state in DEAD

    @property
    def ends_at(self) -> datetime:
        """When the seller must have authorised again, if nothing else happens."""
        return self.refresh_expires_at or self.access_expires_at

    def credentials(self, sealer: Sealer) -> Credentials:
        """Open the tokens."""
        refresh = self.sealed_refresh_token
        return Credentials(
            access_token=sealer.open(self.sealed_access_token).decode(),
            refresh_token=sealer.open(refresh).decode() if refresh else "",
        )


# Built once, as it is executed before every call.
_BY_NUMBER = select(authorizations).where(authorizations.c.id == bindparam("number"))


def find_authorization(connection: Connection, authorization_id: int) -> Authorization:
    """Return one authorization by its number."""
    row = connection.execute(_BY_NUMBER, {"number": authorization_id}).one()
    return _read(row)


def all_authorizations(
    connection: Connection, *, numbers: Collection[int] | None = None
) -> list[Authorization]:
    """Return all of them, or these: the one that ends first at the front."""
    wanted = true() if numbers is None else one_of(authorizations.c.id, numbers)
    rows = connection.execute(select(authorizations).where(wanted).order_by(_ENDS))
    return [_read(row) for row in rows]


def authorization_of_shop(
    connection: Connection, shop_key: str
) -> Authorization | None:
    """Return the authorization that covers a shop."""
    row = connection.execute(
        select(authorizations)
        .join(shops, shops.c.authorization_id == authorizations.c.id)
        .where(shops.c.shop_key == shop_key)
    ).one_or_none()
    return None if row is None else _read(row)


def remember_app(connection: Connection, app: App, *, now: datetime) -> None:
    """Make sure that an app has its row; the secret stays in the settings."""
    connection.execute(
        insert_into(apps, connection.dialect)
        .values(
            app_id=app.app_id,
            marketplace=app.marketplace,
            zone=app.zone,
            app_key=app.app_key,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def lock_app(connection: Connection, app: App, *, now: datetime) -> None:
    """Make others who connect sellers or find shops of this app wait for this transaction."""
    remember_app(connection, app, now=now)
    connection.execute(
        select(apps.c.app_id).where(apps.c.app_id == app.app_id).with_for_update()
    )


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


def refreshed_since(
    connection: Connection, app_id: str, subject: str, moment: datetime
) -> int | None:
    """Return a seller's authorization if it got its tokens after a moment, and lives."""
    found = connection.execute(
        select(authorizations.c.id).where(
            authorizations.c.app_id == app_id,
            authorizations.c.subject == subject,
            authorizations.c.refreshed_at > moment,
            authorizations.c.state.not_in([*DEAD]),
        )
    ).scalar_one_or_none()
    return None if found is None else int(found)


def is_known(connection: Connection, app_id: str, subject: str) -> bool:
    """Whether a seller has ever authorised this app, and is not removed."""
    found = connection.execute(
        select(authorizations.c.id).where(
            authorizations.c.app_id == app_id, authorizations.c.subject == subject
        )
    )
    return found.scalar_one_or_none() is not None


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


def move(
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


def ending_before(connection: Connection, moment: datetime) -> list[Authorization]:
    """Return the living ones that end before a moment, the first to end at the front."""
    rows = connection.execute(
        select(authorizations)
        .where(moment > _ENDS, authorizations.c.state.not_in([*DEAD]))
        .order_by(_ENDS)
    )
    return [_read(row) for row in rows]


def remember_runway(
    connection: Connection, authorization_id: int, days: int | None
) -> None:
    """Remember which mark an operator was told of; None: the end has moved away."""
    connection.execute(
        update(authorizations)
        .where(authorizations.c.id == authorization_id)
        .values(runway_told=days)
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


def _read(row: Row[Any]) -> Authorization:
    return Authorization(
        id=row.id,
        app_id=row.app_id,
        subject=row.subject,
        name=row.name,
        region=row.region,
        state=AuthorizationState(row.state),
        sealed_access_token=row.sealed_access_token,
        sealed_refresh_token=row.sealed_refresh_token,
        access_expires_at=row.access_expires_at,
        refresh_expires_at=row.refresh_expires_at,
        refreshed_at=row.refreshed_at,
        scopes=None if row.scopes is None else tuple(row.scopes),
        version=row.version,
        replayed_version=row.replayed_version,
        runway_told=row.runway_told,
        refresh_at=row.refresh_at,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        failures=row.failures,
        last_error=row.last_error,
    )
