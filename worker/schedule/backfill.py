"""Hand out slices of history: as many at once as keep each budget busy."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from worker.schedule.places import Lane, choose
from worker.store.database import Database, database_now
from worker.store.slices import SliceClaim
from worker.store.waiting_slices import (
    choose_alone,
    claim_chosen,
    running_slices,
    waiting_slices,
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
        chosen = choose(
            waiting_slices(connection, now=now, per_shop=places),
            running_slices(connection, now=now),
            lanes,
            places=places,
        )
        return claim_chosen(
            connection, chosen, token=uuid4().hex, now=now, until=now + lease
        )
