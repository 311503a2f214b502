"""Work that should run and has no next time: nothing would ever look at it again."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from worker.domain.grants import DEAD
from worker.store.schema.accounts import authorizations, shops
from worker.store.schema.streams import streams

_ALIVE = authorizations.c.state.not_in([state.value for state in DEAD])


def plan_forgotten_streams(
    connection: Connection, *, now: datetime
) -> list[tuple[str, str]]:
    """Make forgotten streams due now; return them as (shop_key, stream).

    Those of paused shops and dead authorizations, and disabled ones, rest for a reason.
    """
    should_run = (
        select(shops.c.shop_key)
        .join(authorizations, authorizations.c.id == shops.c.authorization_id)
        .where(shops.c.paused.is_(None), _ALIVE)
    )
    rows = connection.execute(
        update(streams)
        .where(
            streams.c.next_run_at.is_(None),
            streams.c.disabled.is_(None),
            streams.c.shop_key.in_(should_run),
        )
        # What it did not do while nobody looked is no stall: it is told as what it is.
        .values(next_run_at=now, advanced_at=now)
        .returning(streams.c.shop_key, streams.c.stream)
    )
    return sorted((row.shop_key, row.stream) for row in rows)


def plan_forgotten_refreshes(
    connection: Connection, *, now: datetime
) -> list[tuple[str, str]]:
    """Make forgotten authorizations due now; return them as (app_id, subject)."""
    rows = connection.execute(
        update(authorizations)
        .where(authorizations.c.refresh_at.is_(None), _ALIVE)
        .values(refresh_at=now)
        .returning(authorizations.c.app_id, authorizations.c.subject)
    )
    return sorted((row.app_id, row.subject) for row in rows)
