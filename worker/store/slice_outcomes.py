"""How a claimed slice comes out: walked on, split, done, given back, or stopped for good."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from worker.domain.pages import Window
from worker.store.holding import hold_stream
from worker.store.progress import Progress, walk_of
from worker.store.schema.slices import slices
from worker.store.schema.streams import streams
from worker.store.slice_claims import SliceClaim, require_owned, update_owned
from worker.store.slices import add_slices

# Built once, as it is executed for every page; the values come with the execution.
_OWNED = (
    update(slices)
    .where(
        slices.c.id == bindparam("owned"), slices.c.lease_token == bindparam("owner")
    )
    .values(begun=0)
)


def save_slice(connection: Connection, claim: SliceClaim, progress: Progress) -> None:
    """Save how far the walk is, in the page's own transaction.

    Raises:
        LeaseLost: somebody else reads the slice now, so the page must not be written.
    """
    updated = connection.execute(
        _OWNED,
        {"owned": claim.slice_id, "owner": claim.lease_token, **walk_of(progress)},
    )
    require_owned(updated, claim)


def finish_slice(connection: Connection, claim: SliceClaim, *, now: datetime) -> None:
    """Mark a slice as complete, in its last page's transaction.

    Raises:
        LeaseLost: somebody else reads the slice now, so the page must not be written.
    """
    update_owned(
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
    update_owned(
        connection,
        claim,
        begun=0,
        next_run_at=next_run_at,
        lease_token=None,
        lease_until=None,
        failures=failures,
        last_error=last_error,
    )


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
