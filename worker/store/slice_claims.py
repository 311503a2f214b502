"""Who may read a slice of history now, and writes into its row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    and_,
    select,
    update,
)

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.membership import one_of
from worker.store.schema.slices import slices
from worker.store.slices import is_free


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceClaim:
    """The right to read one slice until the lease ends."""

    slice_id: int
    shop_key: str
    stream: Stream
    lease_token: str
    # Turns of it, with this one, that began since one last wrote or ended.
    begun: int = 0


def claim_slice(
    connection: Connection,
    slice_id: int,
    *,
    token: str,
    until: datetime,
    handed: str,
) -> SliceClaim | None:
    """Take over a slice with the token of the message that brought it.

    The token is swapped for a new one, so that the same message delivered twice finds
    nothing to do. A lease that ended may still be taken up while nobody else has it.
    """
    claims = lease_slices(
        connection,
        and_(slices.c.id == slice_id, slices.c.lease_token == handed),
        token=token,
        until=until,
        begins=True,
    )
    return claims[0] if claims else None


def claim_slices_of(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    token: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[SliceClaim]:
    """Lease slices of one stream, due or not, the most recent first; nobody else's."""
    free = (
        select(slices.c.id)
        .where(
            slices.c.shop_key == shop_key,
            slices.c.stream == stream.value,
            slices.c.done_at.is_(None),
            is_free(now),
        )
        .order_by(slices.c.window_end.desc(), slices.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Two statements, for the reason that `worker.store.waiting_reconciles` gives.
    chosen = connection.execute(free).scalars().all()
    return lease_slices(
        connection, one_of(slices.c.id, chosen), token=token, until=until, begins=True
    )


def lease_slices(
    connection: Connection,
    wanted: ColumnElement[bool],
    *,
    token: str,
    until: datetime,
    begins: bool = False,
) -> list[SliceClaim]:
    """Lease slices that are not done; of two who come at once, one gets each.

    `begins`: to read them now, and not to hand them out.
    """
    rows = connection.execute(
        update(slices)
        .where(wanted, slices.c.done_at.is_(None))
        .values(
            lease_token=token, lease_until=until, begun=slices.c.begun + int(begins)
        )
        .returning(
            slices.c.id,
            slices.c.shop_key,
            slices.c.stream,
            slices.c.window_end,
            slices.c.begun,
        )
    )
    return [
        SliceClaim(
            slice_id=row.id,
            shop_key=row.shop_key,
            stream=Stream(row.stream),
            lease_token=token,
            begun=row.begun,
        )
        # RETURNING keeps no order: the most recent first.
        for row in sorted(rows, key=lambda row: (row.window_end, -row.id), reverse=True)
    ]


def hold_until(connection: Connection, claim: SliceClaim, until: datetime) -> None:
    """Make the lease end then.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    update_owned(connection, claim, lease_until=until)


def update_owned(connection: Connection, claim: SliceClaim, **values: Any) -> None:
    """Write into the claimed slice's row.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    updated = connection.execute(
        update(slices)
        .where(slices.c.id == claim.slice_id, slices.c.lease_token == claim.lease_token)
        .values(**values)
    )
    require_owned(updated, claim)


def require_owned(updated: CursorResult[Any], claim: SliceClaim) -> None:
    """Refuse to go on if nothing was updated.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    if updated.rowcount != 1:
        raise LeaseLost(
            f"{claim.shop_key} {claim.stream}: another worker reads this slice now"
        )
