"""Events: what an operator should know, once each, beside the logs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from worker.store.schema.feed import events


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; `detail` holds facts, never secrets."""

    at: datetime
    name: str
    shop_key: str | None
    app_id: str | None
    detail: Mapping[str, Any]


def record_event(
    connection: Connection,
    name: str,
    *,
    now: datetime,
    shop_key: str | None = None,
    app_id: str | None = None,
    detail: Mapping[str, object],
) -> None:
    """Write an event in the same transaction as what it tells of."""
    connection.execute(
        insert(events).values(
            at=now, name=name, shop_key=shop_key, app_id=app_id, detail=dict(detail)
        )
    )


# Each refresh makes two of these: a history of each token, but no news. What a reconcile
# repaired is in the status of its stream.
ROUTINE = ("authorization_refreshing", "authorization_active", "reconciled")


# Events among which news is looked for, so that it costs the same after years.
_LOOK_BACK = 5_000


def recent_events(
    connection: Connection, *, limit: int, routine: bool = True
) -> list[Event]:
    """Return the newest events, newest first; on wish without those of every day."""
    query = select(events).order_by(events.c.id.desc()).limit(limit)
    if not routine:
        # What is old is no news: ten thousand sellers make so many of the others in a day.
        newest = select(func.max(events.c.id)).scalar_subquery()
        query = query.where(
            events.c.id > newest - _LOOK_BACK, events.c.name.not_in(ROUTINE)
        )
    rows = connection.execute(query)
    return [
        Event(
            at=row.at,
            name=row.name,
            shop_key=row.shop_key,
            app_id=row.app_id,
            detail=row.detail,
        )
        for row in rows
    ]
