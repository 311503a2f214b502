"""One tick: claim what is due, say which messages to send once the claim is committed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from worker.store.authorizations import claim_due_refreshes
from worker.store.database import Database, database_now
from worker.store.streams import Claim, claim_due_streams

# One tick's share; what is left is still due at the next one.
_MOST_REFRESHES = 200
_MOST_PULLS = 200
# A queue this long holds work for longer than a lease: let it drain first.
_LONGEST_QUEUE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRefresh:
    """The right to refresh one authorization."""

    authorization_id: int
    lease: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What was claimed; a message that gets lost costs its lease, nothing else."""

    refreshes: tuple[DueRefresh, ...]
    pulls: tuple[Claim, ...]
    lease: timedelta


def claim_due(
    database: Database, *, lease: timedelta, queue_length: Callable[[], int]
) -> Due:
    """Claim due refreshes and streams; nobody else gets them until the lease ends."""
    owner = uuid4().hex
    room = max(_LONGEST_QUEUE - queue_length(), 0)
    with database.write() as connection:
        now = database_now(connection)
        refreshes = claim_due_refreshes(
            connection,
            owner=owner,
            now=now,
            until=now + lease,
            limit=_MOST_REFRESHES,
        )
        pulls = claim_due_streams(
            connection,
            token=owner,
            now=now,
            until=now + lease,
            limit=min(_MOST_PULLS, room),
        )
    return Due(
        refreshes=tuple(
            DueRefresh(authorization_id=found, lease=owner) for found in refreshes
        ),
        pulls=tuple(pulls),
        lease=lease,
    )
