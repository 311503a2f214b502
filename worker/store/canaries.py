"""Canaries: rows that only stay fresh while beat, queue, worker and database all work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from worker.store.many_rows import insert_into
from worker.store.schema.canaries import canaries


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """How one queue stands."""

    queue: str
    heard_at: datetime
    worker: str | None
    stale_at: datetime | None


def all_canaries(connection: Connection) -> list[Canary]:
    """Return the canaries by queue."""
    rows = connection.execute(select(canaries).order_by(canaries.c.queue))
    return [
        Canary(
            queue=row.queue,
            heard_at=row.heard_at,
            worker=row.worker,
            stale_at=row.stale_at,
        )
        for row in rows
    ]


def expect_canaries(
    connection: Connection, queues: Sequence[str], *, now: datetime
) -> None:
    """Expect to hear of these queues from now on; those that are known stay as they are."""
    connection.execute(
        insert_into(canaries, connection.dialect).on_conflict_do_nothing(),
        [{"queue": queue, "heard_at": now} for queue in queues],
    )


def keep_canary(
    connection: Connection, queue: str, *, worker: str, now: datetime
) -> None:
    """Note that somebody serves a queue."""
    heard = {"heard_at": now, "worker": worker}
    connection.execute(
        insert_into(canaries, connection.dialect)
        .values(queue=queue, **heard)
        .on_conflict_do_update(index_elements=["queue"], set_=heard)
    )


def mark_stale(connection: Connection, queue: str, *, now: datetime) -> bool:
    """Say that a queue's silence is known; False if somebody else was first."""
    known = connection.execute(
        update(canaries)
        .where(canaries.c.queue == queue, canaries.c.stale_at.is_(None))
        .values(stale_at=now)
    )
    return known.rowcount == 1


def mark_fresh(connection: Connection, queue: str) -> bool:
    """Say that a queue is served again; False if somebody else was first."""
    known = connection.execute(
        update(canaries)
        .where(canaries.c.queue == queue, canaries.c.stale_at.is_not(None))
        .values(stale_at=None)
    )
    return known.rowcount == 1
