"""Reconciles: how far each stream's pass is, and what the last one found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    or_,
    select,
    true,
    update,
)

from worker.domain.records import Stream
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.progress import Progress, walk_of
from worker.store.schema.accounts import shops
from worker.store.schema.reconciles import reconciles


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
        update(reconciles).where(is_named(shop_key, stream)).values(**values)
    )


def find_reconcile(
    connection: Connection, shop_key: str, stream: Stream
) -> StoredReconcile | None:
    """Return one stream's reconcile."""
    row = connection.execute(
        select(reconciles).where(is_named(shop_key, stream))
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


def is_named(shop_key: str, stream: Stream) -> ColumnElement[bool]:
    """Whether a reconcile is that of a stream."""
    return and_(reconciles.c.shop_key == shop_key, reconciles.c.stream == stream.value)


def is_free(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether nobody makes a pass."""
    return or_(reconciles.c.lease_until.is_(None), reconciles.c.lease_until < now)


def _read(row: Row[Any]) -> StoredReconcile:
    return StoredReconcile(
        id=row.id,
        shop_key=row.shop_key,
        stream=Stream(row.stream),
        began_at=row.began_at,
        range_start=row.range_start,
        range_end=row.range_end,
        reached=row.reached,
        progress=Progress(**walk_of(row)),
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
