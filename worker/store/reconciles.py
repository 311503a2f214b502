"""Reconciles: who may make a pass now, how far it is, and what the last one found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    update,
)

from worker.domain.errors import LeaseLost
from worker.domain.records import Stream
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.progress import Progress
from worker.store.schema.accounts import shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.reconciles import reconciles
from worker.store.schema.streams import streams

# What belongs to a walk; the rest of `Progress` is the stream's own.
_WALK = (
    *("window_start", "window_end", "section", "cursor"),
    *("rows_seen", "rows_total", "shown", "restarts"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileClaim:
    """The right to make one stream's pass until the lease ends."""

    reconcile_id: int
    shop_key: str
    stream: Stream
    lease_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReconcile:
    """One reconcile's row."""

    id: int
    shop_key: str
    stream: Stream
    began_at: datetime | None
    range_start: datetime | None
    range_end: datetime | None
    reached: datetime | None
    progress: Progress
    provable: bool
    walked_at: datetime | None
    pages: int
    added: int
    updated: int
    deleted: int
    next_run_at: datetime | None
    lease_token: str | None
    failures: int
    last_error: str | None
    finished_at: datetime | None
    covered_until: datetime | None
    result: Mapping[str, Any] | None
    withheld: int | None
    confirmed: bool


def add_reconciles(
    connection: Connection,
    every: Mapping[Stream, timedelta],
    *,
    now: datetime,
    limit: int,
) -> None:
    """Give streams that have none yet a reconcile, due at some time of its first interval."""
    lacking = connection.execute(_LACKING, {"most": limit}).all()
    if lacking:
        connection.execute(
            insert_into(reconciles, connection.dialect).on_conflict_do_nothing(),
            [
                {
                    "shop_key": row.shop_key,
                    "stream": row.stream,
                    "shown": b"",
                    # Shops that came together do not stay together.
                    "next_run_at": now + every[Stream(row.stream)] * (1 + random()) / 2,  # noqa: S311 -- spreads load
                }
                for row in lacking
            ],
        )
        connection.execute(
            update(streams)
            .where(one_of(streams.c.id, (row.id for row in lacking)))
            .values(has_reconcile=True)
        )


def claim_due_reconciles(
    connection: Connection, *, token: str, now: datetime, until: datetime, at_once: int
) -> list[ReconcileClaim]:
    """Lease reconciles that are due, while fewer than so many run.

    Those of a stream that is paused, dead, disabled or not complete yet rest, and those
    of a shop whose pulls keep failing.
    """
    running = connection.execute(_RUNNING, {"moment": now}).scalar_one()
    due = {"moment": now, "most": max(at_once - running, 0)}
    # Not in one statement: PostgreSQL may run such a subquery again for each row, and its
    # limit and its locks then let more rows through.
    chosen = connection.execute(_DUE, due).scalars().all()
    wanted = one_of(reconciles.c.id, chosen)
    return _lease(connection, wanted, token=token, until=until) if chosen else []


def claim_reconcile(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    token: str,
    now: datetime,
    until: datetime,
    handed: str | None = None,
) -> ReconcileClaim | None:
    """Lease one reconcile, due or not; None while somebody else is at it.

    `handed` is the token of the message that asked for it. It is swapped for a new one,
    so that the same message delivered twice finds nothing to do.
    """
    owned = _is_free(now) if handed is None else reconciles.c.lease_token == handed
    claims = _lease(
        connection, and_(_named(shop_key, stream), owned), token=token, until=until
    )
    return claims[0] if claims else None


def request_reconcile(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    now: datetime,
    confirm: bool = False,
) -> None:
    """Make a reconcile due now; with `confirm`, what it finds missing may all go."""
    connection.execute(
        insert_into(reconciles, connection.dialect)
        .values(shop_key=shop_key, stream=stream.value, shown=b"", next_run_at=now)
        .on_conflict_do_nothing()
    )
    values: dict[str, Any] = {"next_run_at": now}
    if confirm:
        values["confirmed"] = True
    connection.execute(
        update(reconciles).where(_named(shop_key, stream)).values(**values)
    )


def find_reconcile(
    connection: Connection, shop_key: str, stream: Stream
) -> StoredReconcile | None:
    """Return one stream's reconcile."""
    row = connection.execute(
        select(reconciles).where(_named(shop_key, stream))
    ).one_or_none()
    return None if row is None else _read(row)


def all_reconciles(
    connection: Connection, *, keys: Collection[str] | None = None
) -> dict[tuple[str, Stream], StoredReconcile]:
    """Return all reconciles by shop and stream; on wish only those of these shops."""
    wanted = true() if keys is None else one_of(reconciles.c.shop_key, keys)
    found = map(_read, connection.execute(select(reconciles).where(wanted)))
    return {(row.shop_key, row.stream): row for row in found}


def connected_at(connection: Connection, shop_key: str) -> datetime:
    """Return since when a shop is known; its first pull counted back from then or later."""
    found: datetime = connection.execute(
        select(shops.c.created_at).where(shops.c.shop_key == shop_key)
    ).scalar_one()
    return found


def save_walk(
    connection: Connection,
    claim: ReconcileClaim,
    progress: Progress,
    **values: Any,
) -> None:
    """Save how far the walk is, and other columns with it.

    Raises:
        LeaseLost: somebody else makes this pass now, so nothing may be written.
    """
    walk = {name: getattr(progress, name) for name in _WALK}
    update_owned(connection, claim, **walk, **values)


def finish_pass(
    connection: Connection,
    claim: ReconcileClaim,
    *,
    now: datetime,
    covered_until: datetime | None,
    result: Mapping[str, Any],
    withheld: int | None,
) -> None:
    """Write down what a complete pass found; the next one begins anew.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    save_walk(
        connection,
        claim,
        Progress(),
        began_at=None,
        range_start=None,
        range_end=None,
        reached=None,
        walked_at=None,
        provable=True,
        **dict.fromkeys(("pages", "added", "updated", "deleted"), 0),
        finished_at=now,
        covered_until=covered_until,
        result=dict(result),
        withheld=withheld,
        confirmed=False,
    )


def give_back_reconcile(
    connection: Connection,
    claim: ReconcileClaim,
    *,
    next_run_at: datetime,
    failures: int = 0,
    last_error: str | None = None,
) -> None:
    """Give the lease back and say when the reconcile is due again.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    update_owned(
        connection,
        claim,
        next_run_at=next_run_at,
        lease_token=None,
        lease_until=None,
        failures=failures,
        last_error=last_error,
    )


def update_owned(connection: Connection, claim: ReconcileClaim, **values: Any) -> None:
    """Write into the claimed row.

    Raises:
        LeaseLost: somebody else makes this pass now.
    """
    updated = connection.execute(
        update(reconciles)
        .where(
            reconciles.c.id == claim.reconcile_id,
            reconciles.c.lease_token == claim.lease_token,
        )
        .values(**values)
    )
    if updated.rowcount != 1:
        raise LeaseLost(
            f"{claim.shop_key} {claim.stream}: another worker reconciles it now"
        )


def _of_stream() -> ColumnElement[bool]:
    return and_(
        reconciles.c.shop_key == streams.c.shop_key,
        reconciles.c.stream == streams.c.stream,
    )


def _named(shop_key: str, stream: Stream) -> ColumnElement[bool]:
    return and_(reconciles.c.shop_key == shop_key, reconciles.c.stream == stream.value)


def _is_free(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(reconciles.c.lease_until.is_(None), reconciles.c.lease_until < now)


def _lease(
    connection: Connection, wanted: ColumnElement[bool], *, token: str, until: datetime
) -> list[ReconcileClaim]:
    rows = connection.execute(
        update(reconciles)
        .where(wanted)
        .values(lease_token=token, lease_until=until)
        .returning(reconciles.c.id, reconciles.c.shop_key, reconciles.c.stream)
    )
    return [
        ReconcileClaim(
            reconcile_id=row.id,
            shop_key=row.shop_key,
            stream=Stream(row.stream),
            lease_token=token,
        )
        for row in rows
    ]


def _read(row: Row[Any]) -> StoredReconcile:
    return StoredReconcile(
        id=row.id,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        began_at=row.began_at,
        range_start=row.range_start,
        range_end=row.range_end,
        reached=row.reached,
        progress=Progress(**{name: getattr(row, name) for name in _WALK}),
        provable=row.provable,
        walked_at=row.walked_at,
        pages=row.pages,
        added=row.added,
        updated=row.updated,
        deleted=row.deleted,
        next_run_at=row.next_run_at,
        lease_token=row.lease_token,
        failures=row.failures,
        last_error=row.last_error,
        finished_at=row.finished_at,
        covered_until=row.covered_until,
        result=row.result,
        withheld=row.withheld,
        confirmed=row.confirmed,
    )


# What a tick executes is built once: to build it takes longer than to find nothing due.
_MOMENT = bindparam("moment", type_=UtcTime())
_MOST = bindparam("most", type_=Integer())
_LACKING = (
    select(streams.c.id, streams.c.shop_key, streams.c.stream)
    # As the index spells it; otherwise SQLite does not use it.
    .where(text("NOT streams.has_reconcile"))
    .limit(_MOST)
)
_RUNNING = select(func.count()).where(reconciles.c.lease_until >= _MOMENT)
_DUE = (
    select(reconciles.c.id)
    .join(streams, _of_stream())
    .join(shops, shops.c.shop_key == streams.c.shop_key)
    .where(
        reconciles.c.next_run_at <= _MOMENT,
        _is_free(_MOMENT),
        streams.c.next_run_at.is_not(None),
        shops.c.broken_since.is_(None),
    )
    .order_by(reconciles.c.next_run_at)
    .limit(_MOST)
    .with_for_update(of=reconciles, skip_locked=True)
)
