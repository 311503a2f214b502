"""Hand out reconciles that are due: few at once, as a slow pass has time."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from worker.domain.records import Stream
from worker.store.database import Database, database_now
from worker.store.reconcile_claims import ReconcileClaim
from worker.store.waiting_reconciles import add_reconciles, claim_due_reconciles

# One tick's share of streams that have no reconcile yet.
_MOST_NEW = 500


def claim_reconciles(
    database: Database,
    *,
    every: Mapping[Stream, timedelta],
    lease: timedelta,
    at_once: int,
) -> list[ReconcileClaim]:
    """Claim due reconciles, while fewer than so many run; nobody else gets them."""
    with database.write() as connection:
        now = database_now(connection)
        add_reconciles(connection, every, now=now, limit=_MOST_NEW)
        return claim_due_reconciles(
            connection,
            token=uuid4().hex,
            now=now,
            until=now + lease,
            at_once=at_once,
        )
