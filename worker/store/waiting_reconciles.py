"""Which streams lack a reconcile, and which passes are due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import random

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    func,
    select,
    text,
    update,
)

from worker.domain.records import Stream
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.reconcile_claims import ReconcileClaim, lease_reconciles
from worker.store.reconciles import is_free
from worker.store.schema.accounts import shops
from worker.store.schema.metadata import UtcTime
from worker.store.schema.reconciles import reconciles
from worker.store.schema.streams import streams


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
    return (
        lease_reconciles(connection, wanted, token=token, until=until) if chosen else []
    )


def _of_stream() -> ColumnElement[bool]:
    return and_(
        reconciles.c.shop_key == streams.c.shop_key,
        reconciles.c.stream == streams.c.stream,
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
        is_free(_MOMENT),
        streams.c.next_run_at.is_not(None),
        shops.c.broken_since.is_(None),
    )
    .order_by(reconciles.c.next_run_at)
    .limit(_MOST)
    .with_for_update(of=reconciles, skip_locked=True)
)
