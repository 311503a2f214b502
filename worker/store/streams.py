"""Streams: who may pull them now, and how far they are."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Float,
    Row,
    Update,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.membership import one_of, one_of_given
from worker.store.schema.accounts import shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.streams import streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stream is; saved with each page, in the page's own transaction."""

    watermark: datetime | None = None
    # The window being walked; `window_end` is None between windows.
    window_start: datetime | None = None
    window_end: datetime | None = None
    section: str | None = None
    cursor: str | None = None
    rows_seen: int = 0
    rows_total: int | None = None
    # Digests of the ids that this walk has shown: rows that move are shown twice.
    shown: bytes = field(default=b"", repr=False)
    restarts: int = 0
    # The window re-reads what somebody asked for; the watermark need not follow it.
    aside: bool = False
    # A window that was cut ended here, before the watermark: the next one reads the rest.
    rest_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStream:
    """One stream's row."""

    id: int
    shop_key: str
    stream: Stream
    progress: Progress
    # Somebody asked to read again from here.
    since: datetime | None
    next_run_at: datetime | None
    lease_token: str | None
    lease_until: datetime | None
    last_success_at: datetime | None
    failures: int
    last_error: str | None
    disabled: str | None
    # Where live windows began; the slices of history are before it.
    live_from: datetime | None = None
    # How late rows became visible, in counts per step of `worker.sync.lateness`.
    lateness: tuple[int, ...] = ()
    advanced_at: datetime | None = None
    stalled_at: datetime | None = None
    # Calls that one turn takes, as learned; None: none was made yet.
    calls: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to pull one stream until the lease ends."""

    stream_id: int
    shop_key: str
    stream: Stream
    lease_token: str
    # Turns of it, with this one, that began since one last wrote or ended.
    begun: int = 0


# How much of what is known of a turn's calls the last turn makes up: shops grow and rest.
LEARNING = 0.2

# Built once, as it is executed for every page; the values come with the execution.
_OWNED = (
    update(streams)
    .where(
        streams.c.id == bindparam("owned"), streams.c.lease_token == bindparam("owner")
    )
    .values(begun=0)
)

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


def find_stream(
    connection: Connection, shop_key: str, stream: Stream
) -> StoredStream | None:
    """Return one stream of one shop."""
    row = connection.execute(
        select(streams).where(
            streams.c.shop_key == shop_key, streams.c.stream == stream.value
        )
    ).one_or_none()
    return None if row is None else _read(row)


def all_streams(
    connection: Connection, *, keys: Collection[str] | None = None
) -> list[StoredStream]:
    """Return all streams by shop; on wish only those of these shops."""
    rows = connection.execute(
        select(streams)
        .where(true() if keys is None else one_of(streams.c.shop_key, keys))
        .order_by(streams.c.shop_key, streams.c.stream)
    )
    return [_read(row) for row in rows]


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


def request_again(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    now: datetime,
    since: datetime | None,
) -> None:
    """Make a stream due now, before all that is merely due; with `since`, also read again.

    A stream that is paused, dead or disabled stays so; it remembers `since`.
    """
    values: dict[str, Any] = {
        "next_run_at": _unless_stopped(literal(now, UtcTime())),
        "requested": True,
        "urgent_at": now,
    }
    if since is not None:
        values["since"] = _earlier(since)
    connection.execute(
        update(streams)
        .where(streams.c.shop_key == shop_key, streams.c.stream == stream.value)
        .values(**values)
    )


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
    update_owned(connection, claim, since=_earlier(since))


def save_progress(connection: Connection, claim: Claim, progress: Progress) -> None:
    """Save how far the stream is; the first statement of a page's transaction.

    Raises:
        LeaseLost: somebody else owns the stream now, so the page must not be written.
    """
    updated = connection.execute(
        _OWNED,
        {"owned": claim.stream_id, "owner": claim.lease_token, **asdict(progress)},
    )
    _require_owned(updated, claim)


def finish_pull(
    connection: Connection,
    claim: Claim,
    *,
    now: datetime,
    next_run_at: datetime | None,
    succeeded_at: datetime | None = None,
    failures: int = 0,
    last_error: str | None = None,
    disabled: str | None = None,
    calls: int | None = None,
) -> None:
    """Give the lease back and say when the stream is due again.

    `calls` is what the turn took, if one can learn from it.

    Raises:
        LeaseLost: somebody else owns the stream now.
    """
    statement, names = _giving_back(
        again=next_run_at is not None,
        succeeded=succeeded_at is not None,
        learned=calls is not None,
    )
    values: dict[str, Any] = {
        "owned": claim.stream_id,
        "owner": claim.lease_token,
        "moment": now,
        "planned": next_run_at,
        "fails": failures,
        "reason": last_error,
        "without": disabled,
        "success": succeeded_at,
        "took": calls,
    }
    updated = connection.execute(statement, {name: values[name] for name in names})
    _require_owned(updated, claim)


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
    _require_owned(updated, claim)


def _require_owned(updated: CursorResult[Any], claim: Claim) -> None:
    if updated.rowcount != 1:
        raise LeaseLost(f"{claim.shop_key} {claim.stream}: another worker pulls it now")


@cache
def _giving_back(
    *, again: bool, succeeded: bool, learned: bool
) -> tuple[Update, Sequence[str]]:
    """Return how a lease is given back, and the names of the values that go into it.

    Built once each, as one is executed for every turn.
    """
    values: dict[str, Any] = {
        "lease_token": None,
        "lease_until": None,
        "next_run_at": _next_run() if again else None,
        "failures": bindparam("fails"),
        "last_error": bindparam("reason"),
        "disabled": bindparam("without"),
    }
    if succeeded:
        values["last_success_at"] = bindparam("success")
    if learned:
        took = bindparam("took", type_=Float())
        known = func.coalesce(streams.c.calls, took)
        values["calls"] = known + LEARNING * (took - known)
    names = ["owned", "owner", "fails", "reason", "without"]
    names += ["moment", "planned"] * again + ["success"] * succeeded
    return _OWNED.values(**values), names + ["took"] * learned


def _next_run() -> Any:
    """Return the planned time, unless something happened while the stream was pulled."""
    now, planned = (bindparam(name, type_=UtcTime()) for name in ("moment", "planned"))
    return case(
        # It was disabled before, so this pull was made by hand, and it works again.
        (streams.c.disabled.is_not(None) & _shop_runs(), planned),
        else_=_unless_stopped(case((streams.c.requested, now), else_=planned)),
    )


def _shop_runs() -> Any:
    return (
        select(shops.c.shop_key)
        .where(shops.c.shop_key == streams.c.shop_key, shops.c.paused.is_(None))
        .exists()
    )


def _unless_stopped(moment: Any) -> Any:
    return case((streams.c.next_run_at.is_not(None), moment), else_=None)


def _earlier(since: datetime) -> Any:
    return case(
        (streams.c.since < since, streams.c.since), else_=literal(since, UtcTime())
    )


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


def _read(row: Row[Any]) -> StoredStream:
    return StoredStream(
        id=row.id,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        progress=Progress(
            watermark=row.watermark,
            window_start=row.window_start,
            window_end=row.window_end,
            section=row.section,
            cursor=row.cursor,
            rows_seen=row.rows_seen,
            rows_total=row.rows_total,
            shown=row.shown,
            restarts=row.restarts,
            aside=row.aside,
            rest_from=row.rest_from,
        ),
        since=row.since,
        next_run_at=row.next_run_at,
        lease_token=row.lease_token,
        lease_until=row.lease_until,
        last_success_at=row.last_success_at,
        failures=row.failures,
        last_error=row.last_error,
        disabled=row.disabled,
        live_from=row.live_from,
        lateness=tuple(row.lateness or ()),
        advanced_at=row.advanced_at,
        stalled_at=row.stalled_at,
        calls=row.calls,
    )
