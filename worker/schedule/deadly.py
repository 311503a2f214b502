"""Work that ends its workers: each turn begins, and never writes nor ends.

A page that takes all the memory takes the worker's other turns along, and would do so again
after each lease. So after a few such turns the lease gets longer: nobody tries the stream,
the slice of its history or its reconcile again before it is over, unless a worker lives to
give it back.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from worker.store.claims import Claim
from worker.store.events import record_event
from worker.store.reconcile_claims import ReconcileClaim
from worker.store.slice_claims import SliceClaim

# Workers are killed for other reasons as well.
TOLERATED = 3
# It may be another version of the worker, or a larger machine, that is tried then.
_LONGEST = timedelta(hours=1)
_ADVICE = (
    "See why the workers that pulled it ended: the last lines of their logs, and whether "
    "the kernel killed them for their memory."
)


_Claim = TypeVar("_Claim", Claim, SliceClaim, ReconcileClaim)


def hold_longer(
    connection: Connection,
    claim: _Claim,
    hold_until: Callable[[Connection, _Claim, datetime], None],
    *,
    now: datetime,
    lease: timedelta,
) -> None:
    """Give the lease of work that ends its workers more time; tell of it once."""
    if claim.begun <= TOLERATED:
        return
    hold_until(connection, claim, now + lease_after(claim.begun, lease=lease))
    if claim.begun == TOLERATED + 1:
        record_event(
            connection,
            "stream_ends_workers",
            now=now,
            shop_key=claim.shop_key,
            detail={
                "stream": claim.stream.value,
                "turns": TOLERATED,
                "advice": _ADVICE,
            },
        )


def lease_after(begun: int, *, lease: timedelta) -> timedelta:
    """Return how long the lease is after so many turns that began: twice as long each time."""
    longer = lease
    for _ in range(begun - TOLERATED):
        longer *= 2
        if longer > _LONGEST:
            return max(_LONGEST, lease)
    return longer
