"""Hand out slices of history: as many at once as keep each budget busy."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from worker.schedule.places import Lane, share
from worker.store.database import Database, database_now
from worker.store.slice_claims import SliceClaim
from worker.store.waiting_slices import (
    choose_alone,
    claim_waiting,
    owners_waiting,
    running_slices,
)


def claim_waiting_slices(
    database: Database, *, lease: timedelta, lanes: Mapping[str, Lane], places: int
) -> list[SliceClaim]:
    """Claim slices for the free places; whoever calls it sends them out afterwards.

    The tick does, and so does everybody who is done with a slice: a place that is free
    for the length of a tick is a part of the budget that is wasted.
    """
    with database.write() as connection:
        choose_alone(connection)
        now = database_now(connection)
        return hand_out_slices(
            connection, lease=lease, lanes=lanes, places=places, now=now
        )


def hand_out_slices(
    connection: Connection,
    *,
    lease: timedelta,
    lanes: Mapping[str, Lane],
    places: int,
    now: datetime,
) -> list[SliceClaim]:
    """Lease slices for the free places, as nobody else does at this moment."""
    token = uuid4().hex
    claims: list[SliceClaim] = []
    running = Counter(running_slices(connection, now=now))
    if sum(running.values()) >= places:
        return claims
    waiting = owners_waiting(connection, now=now)
    # A shop may have less than its share; then the others get the rest.
    while shares := share(waiting, running, lanes, places=places):
        for owner, limit in shares.items():
            found = claim_waiting(
                connection,
                owner,
                token=token,
                now=now,
                until=now + lease,
                limit=limit,
            )
            claims += found
            running[owner] += len(found)
            if len(found) < limit:
                waiting.remove(owner)
    return claims
