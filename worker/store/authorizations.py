"""Authorizations: one seller's grant each, and what is known of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, true, update

from worker.domain.grants import DEAD, AuthorizationState
from worker.domain.identity import Credentials
from worker.store.membership import one_of
from worker.store.schema.accounts import authorizations, shops
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
