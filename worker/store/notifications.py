"""Notifications: kept once, claimed like slices, marked when somebody has looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from worker.domain.identity import App, Shop
from worker.domain.notifications import Kind, Notification
from worker.store.many_rows import insert_into
from worker.store.membership import one_of
from worker.store.schema.notifications import notifications

# One transaction's share.
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationClaim:
    """The right to look at what one shop was notified of, until the lease ends."""

    shop_key: str
    kind: Kind
    lease_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotification:
    """One row."""

    id: int
    shop_key: str
    kind: Kind
    event: str
    record_ids: tuple[str, ...]
    ends_at: datetime | None
    received_at: datetime
    failures: int


def keep_notifications(
    connection: Connection,
    received: Sequence[tuple[App, Notification]],
    *,
    now: datetime,
) -> int:
    """Keep what was received, each once; return how many were new."""
    rows = [
        {
            "app_id": app.app_id,
            "notification_id": notification.notification_id,
            "shop_key": shop_key_of(app, notification),
            "kind": notification.kind.value,
            "event": notification.event,
            "record_ids": list(notification.record_ids),
            "ends_at": notification.ends_at,
            "received_at": now,
            "due_at": now,
        }
        # In one order for all, as two senders of the same ones wait for each other.
        for app, notification in sorted(
            received, key=lambda each: (each[0].app_id, each[1].notification_id)
        )
    ]
    if not rows:
        return 0
    new = connection.execute(
        insert_into(notifications, connection.dialect)
        .on_conflict_do_nothing()
        # Drivers do not count the rows of many inserts.
        .returning(notifications.c.id),
        rows,
    )
    return len(new.all())


def shop_key_of(app: App, notification: Notification) -> str:
    """Return the key of the shop that a notification is about."""
    return Shop(
        marketplace=app.marketplace, zone=app.zone, shop_id=notification.shop_id or ""
    ).shop_key


def claim_notifications(
    connection: Connection, *, token: str, now: datetime, until: datetime, limit: int
) -> list[NotificationClaim]:
    """Lease what nobody looks at, the oldest first; one claim per shop and kind."""
    # Two statements, for the reason that `worker.store.waiting_reconciles` gives.
    chosen = (
        connection.execute(
            select(notifications.c.id)
            .where(notifications.c.due_at <= now, _is_free(now))
            .order_by(notifications.c.due_at, notifications.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    if not chosen:
        return []
    leased = connection.execute(
        update(notifications)
        .where(one_of(notifications.c.id, chosen), _is_free(now))
        .values(lease_token=token, lease_until=until)
        .returning(notifications.c.id, notifications.c.shop_key, notifications.c.kind)
    )
    groups = dict.fromkeys(
        (row.shop_key, Kind(row.kind)) for row in sorted(leased, key=lambda row: row.id)
    )
    return [
        NotificationClaim(shop_key=shop_key, kind=kind, lease_token=token)
        for shop_key, kind in groups
    ]


def take_notifications(
    connection: Connection,
    claim: NotificationClaim,
    *,
    token: str,
    until: datetime,
) -> list[StoredNotification]:
    """Take over what a message brought; a message that comes twice finds nothing."""
    taken = connection.execute(
        update(notifications)
        .where(
            notifications.c.shop_key == claim.shop_key,
            notifications.c.kind == claim.kind.value,
            notifications.c.lease_token == claim.lease_token,
            notifications.c.due_at.is_not(None),
        )
        .values(lease_token=token, lease_until=until)
        .returning(*notifications.c)
    )
    return sorted(map(_read, taken), key=lambda each: each.id)


def mark_handled(
    connection: Connection,
    numbers: Sequence[int],
    *,
    token: str,
    now: datetime,
    outcome: str,
) -> int:
    """Mark that somebody has looked; return of how many, as others may have them now."""
    marked = connection.execute(
        update(notifications)
        .where(_owned(numbers, token))
        .values(
            due_at=None,
            lease_token=None,
            lease_until=None,
            handled_at=now,
            outcome=outcome,
        )
    )
    return marked.rowcount


def give_back_notifications(
    connection: Connection,
    numbers: Sequence[int],
    *,
    token: str,
    due_at: datetime,
    failures: int = 0,
    last_error: str | None = None,
) -> None:
    """Let somebody look later; `failures` more have failed."""
    connection.execute(
        update(notifications)
        .where(_owned(numbers, token))
        .values(
            due_at=due_at,
            lease_token=None,
            lease_until=None,
            failures=notifications.c.failures + failures,
            last_error=last_error,
        )
    )


def waiting_notifications(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many wait for somebody to look, and since when the first of them does."""
    row = connection.execute(
        select(func.count(), func.min(notifications.c.received_at)).where(
            notifications.c.due_at.is_not(None)
        )
    ).one()
    return int(row[0]), row[1]


def purge_notifications(connection: Connection, *, before: datetime) -> int:
    """Forget some of the oldest, if they are from before then; return how many.

    One that nobody has looked at for so long is told by every pull since.
    """
    columns = notifications.c
    oldest = connection.execute(
        select(columns.id, columns.received_at).order_by(columns.id).limit(_BATCH)
    ).all()
    due = [row.id for row in takewhile(lambda row: row.received_at < before, oldest)]
    if due:
        connection.execute(delete(notifications).where(columns.id <= due[-1]))
    return len(due)


def _owned(numbers: Sequence[int], token: str) -> ColumnElement[bool]:
    return and_(
        one_of(notifications.c.id, numbers), notifications.c.lease_token == token
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(notifications.c.lease_until.is_(None), notifications.c.lease_until < now)


def _read(row: Row[Any]) -> StoredNotification:
    return StoredNotification(
        id=row.id,
        shop_key=row.shop_key,
        kind=Kind(row.kind),
        event=row.event,
        record_ids=tuple(row.record_ids),
        ends_at=row.ends_at,
        received_at=row.received_at,
        failures=row.failures,
    )
