"""Slices are claimed, walked, split and done, each by whoever leases it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    and_,
    bindparam,
    select,
    update,
)

from worker.domain.errors import LeaseLost
from worker.domain.pages import Window
from worker.domain.records import Stream
from worker.store.holding import hold_stream
from worker.store.membership import one_of
from worker.store.progress import Progress, walk_of
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.slices import add_slices, is_free

# Built once, as it is executed for every page; the values come with the execution.
_OWNED = (
    update(slices)
    .where(
        slices.c.id == bindparam("owned"), slices.c.lease_token == bindparam("owner")
    )
    .values(begun=0)
)


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


def save_slice(connection: Connection, claim: SliceClaim, progress: Progress) -> None:
    """Save how far the walk is, in the page's own transaction.

    Raises:
        LeaseLost: somebody else reads the slice now, so the page must not be written.
    """
    updated = connection.execute(
        _OWNED,
        {"owned": claim.slice_id, "owner": claim.lease_token, **walk_of(progress)},
    )
    _require_owned(updated, claim)


def finish_slice(connection: Connection, claim: SliceClaim, *, now: datetime) -> None:
    """Mark a slice as complete, in its last page's transaction.

    Raises:
        LeaseLost: somebody else reads the slice now, so the page must not be written.
    """
    _update_owned(
        connection,
        claim,
        done_at=now,
        begun=0,
        next_run_at=None,
        lease_token=None,
        lease_until=None,
        failures=0,
        last_error=None,
        cursor=None,
        shown=b"",
    )


def split_slice(
    connection: Connection,
    claim: SliceClaim,
    windows: Sequence[Window],
    *,
    now: datetime,
) -> None:
    """Put smaller slices in the place of one; the claimed one becomes the first of them.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    first, *others = windows
    # Whoever locks both locks the stream first: see `worker.store.holding`.
    hold_stream(connection, claim.shop_key, claim.stream)
    save_slice(
        connection,
        claim,
        Progress(window_start=first.start, window_end=first.end),
    )
    add_slices(connection, claim.shop_key, claim.stream, others, now=now)


def give_back_slice(
    connection: Connection,
    claim: SliceClaim,
    *,
    next_run_at: datetime,
    failures: int = 0,
    last_error: str | None = None,
) -> None:
    """Give the lease back and say when the slice is due again.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    _update_owned(
        connection,
        claim,
        begun=0,
        next_run_at=next_run_at,
        lease_token=None,
        lease_until=None,
        failures=failures,
        last_error=last_error,
    )


def hold_until(connection: Connection, claim: SliceClaim, until: datetime) -> None:
    """Make the lease end then.

    Raises:
        LeaseLost: somebody else reads the slice now.
    """
    _update_owned(connection, claim, lease_until=until)


def stop_stream(
    connection: Connection,
    claim: SliceClaim,
    *,
    reason: str,
    disabled: str | None,
) -> None:
    """Stop a stream, and all its slices with it: what was refused concerns all of it."""
    values: dict[str, Any] = {"next_run_at": None, "last_error": reason}
    if disabled is not None:
        values["disabled"] = disabled
    connection.execute(
        update(streams)
        .where(
            streams.c.shop_key == claim.shop_key,
            streams.c.stream == claim.stream.value,
        )
        .values(**values)
    )


def trouble_of(connection: Connection, claim: SliceClaim, kind: str) -> str | None:
    """Return what was told already of this kind of trouble, by the stream or a slice of it."""
    for table in (streams, slices):
        found: str | None = connection.execute(
            select(table.c.last_error)
            .where(
                table.c.shop_key == claim.shop_key,
                table.c.stream == claim.stream.value,
                table.c.last_error.startswith(f"{kind}:", autoescape=True),
            )
            .limit(1)
        ).scalar_one_or_none()
        if found is not None:
            return found
    return None


def _update_owned(connection: Connection, claim: SliceClaim, **values: Any) -> None:
    updated = connection.execute(
        update(slices)
        .where(slices.c.id == claim.slice_id, slices.c.lease_token == claim.lease_token)
        .values(**values)
    )
    _require_owned(updated, claim)


def _require_owned(updated: CursorResult[Any], claim: SliceClaim) -> None:
    if updated.rowcount != 1:
        raise LeaseLost(
            f"{claim.shop_key} {claim.stream}: another worker reads this slice now"
        )
