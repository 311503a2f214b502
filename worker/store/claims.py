"""Who may pull a stream now; what is written with that right is written with nobody else's."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.membership import one_of_given
from worker.store.progress import Progress
from worker.store.schema.streams import streams
from worker.store.streams import earlier_since


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to pull one stream until the lease ends."""

    stream_id: int
    shop_key: str
    stream: Stream
    lease_token: str
    # Turns of it, with this one, that began since one last wrote or ended.
    begun: int = 0


# Built once, as it is executed for every page; the values come with the execution.
OWNED = (
    update(streams)
    .where(
        streams.c.id == bindparam("owned"), streams.c.lease_token == bindparam("owner")
    )
    .values(begun=0)
)
"""The row of a claimed stream, as long as the claim holds."""

_LEASE = (
    update(streams)
    .values(
        lease_token=bindparam("token"),
        lease_until=bindparam("until"),
        requested=False,
        urgent_at=None,
    )
    .returning(streams.c.id, streams.c.shop_key, streams.c.stream, streams.c.begun)
)
_OF_SHOP = _LEASE.values(begun=streams.c.begun + 1).where(
    streams.c.shop_key == bindparam("shop"), streams.c.stream == bindparam("kind")
)
_LEASE_CHOSEN = _LEASE.where(one_of_given(streams.c.id, "chosen"))
_LEASE_HANDED = _OF_SHOP.where(streams.c.lease_token == bindparam("handed"))
_LEASE_FREE = _OF_SHOP.where(
    or_(
        streams.c.lease_until.is_(None),
        streams.c.lease_until < bindparam("free_at"),
    )
)


def lease_streams(
    connection: Connection, chosen: Sequence[int], *, token: str, until: datetime
) -> list[Claim]:
    """Lease streams whose rows this transaction has locked; in the order given."""
    if not chosen:
        return []
    claims = _claim(connection, _LEASE_CHOSEN, token, until, chosen=chosen)
    # RETURNING keeps no order.
    place = {number: place for place, number in enumerate(chosen)}
    return sorted(claims, key=lambda claim: place[claim.stream_id])


def claim_stream(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    token: str,
    now: datetime,
    until: datetime,
    handed: str | None = None,
) -> Claim | None:
    """Lease one stream, due or not; None while somebody else pulls it.

    `handed` is the token of the message that asked for it. It is swapped for a new one,
    so that the same message delivered twice finds nothing to do.
    """
    wanted = {"shop": shop_key, "kind": stream.value}
    claims = (
        _claim(connection, _LEASE_FREE, token, until, **wanted, free_at=now)
        if handed is None
        else _claim(connection, _LEASE_HANDED, token, until, **wanted, handed=handed)
    )
    return claims[0] if claims else None


def take_since(connection: Connection, claim: Claim) -> datetime | None:
    """Return and clear what was asked for; whoever calls it must open that window now."""
    since = connection.execute(
        select(streams.c.since).where(streams.c.id == claim.stream_id).with_for_update()
    ).scalar_one_or_none()
    if since is not None:
        update_owned(connection, claim, since=None)
    return since


def keep_since(connection: Connection, claim: Claim, since: datetime) -> None:
    """Ask for the rest of a window that was cut shorter."""
    update_owned(connection, claim, since=earlier_since(since))


def save_progress(connection: Connection, claim: Claim, progress: Progress) -> None:
    """Save how far the stream is; the first statement of a page's transaction.

    Raises:
        LeaseLost: somebody else owns the stream now, so the page must not be written.
    """
    updated = connection.execute(
        OWNED,
        {"owned": claim.stream_id, "owner": claim.lease_token, **asdict(progress)},
    )
    require_owned(updated, claim)


def update_owned(connection: Connection, claim: Claim, **values: Any) -> None:
    """Write into the claimed stream's row.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    updated = connection.execute(
        update(streams)
        .where(
            streams.c.id == claim.stream_id, streams.c.lease_token == claim.lease_token
        )
        .values(**values)
    )
    require_owned(updated, claim)


def require_owned(updated: CursorResult[Any], claim: Claim) -> None:
    """Refuse to go on if nothing was updated.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    if updated.rowcount != 1:
        raise LeaseLost(f"{claim.shop_key} {claim.stream}: another worker pulls it now")


def hold_until(connection: Connection, claim: Claim, until: datetime) -> None:
    """Make the lease end then.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    update_owned(connection, claim, lease_until=until)


def _claim(
    connection: Connection,
    statement: ReturningUpdate[Any],
    token: str,
    until: datetime,
    **values: object,
) -> list[Claim]:
    rows = connection.execute(statement, {"token": token, "until": until, **values})
    return [
        Claim(
            stream_id=row.id,
            shop_key=row.shop_key,
            stream=Stream(row.stream),
            lease_token=token,
            begun=row.begun,
        )
        for row in rows
    ]
