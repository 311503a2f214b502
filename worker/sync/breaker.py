"""A shop whose pulls keep failing is tried ever more rarely: when, and who is told.

Its live pulls are the probes; its history and its reconciles rest meanwhile, so that it
costs the others nothing. One event when it begins, one when it ends.

When all shops of an app fail, it is the app's trouble or the marketplace's: one of them is
tried every few minutes, and the first success wakes the others.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from worker.domain.records import Stream
from worker.store.breakers import (
    are_others_tried,
    close_breaker,
    count_failure,
    count_success,
    open_breaker,
    postpone_streams,
    try_alike_again,
)
from worker.store.events import record_event
from worker.sync.setbacks import LONGEST_RETRY

# Pulls of all streams of a shop that failed in a row: some minutes, with the waits between.
OPENS_AFTER = 6
# The other streams come after the one that failed: if its next try succeeds, they need not
# find out for themselves.
_OTHERS_LATER = timedelta(minutes=2)
# Shops that began to fail so close to each other probably had the same trouble.
_ALIKE = timedelta(minutes=10)
# So often somebody of an app is tried, whatever they all have failed with.
_PROBED_EVERY = timedelta(minutes=5)
_ADVICE = (
    "Look at the reason; `sellersync pull orders --shop SHOP_KEY` tries it at once."
)


def longest_rest(
    connection: Connection, shop_key: str, stream: Stream, *, now: datetime
) -> timedelta:
    """Return how long a failing stream may wait for its next try at the most.

    However rarely it comes otherwise: the other stream of its shop waits for that try.
    """
    others = are_others_tried(connection, shop_key, stream, until=now + _PROBED_EVERY)
    return LONGEST_RETRY if others else _PROBED_EVERY


def note_failure(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    *,
    next_run_at: datetime,
    reason: str,
    now: datetime,
) -> None:
    """Count a failed pull, after the stream was given back; from the sixth on the shop rests."""
    failures, broken_since = count_failure(connection, shop_key)
    if broken_since is None and failures < OPENS_AFTER:
        return
    postpone_streams(
        connection, shop_key, but=stream, until=next_run_at + _OTHERS_LATER
    )
    if broken_since is not None:
        return
    open_breaker(connection, shop_key, now=now)
    record_event(
        connection,
        "shop_failing",
        now=now,
        shop_key=shop_key,
        detail={
            "stream": stream.value,
            "failures": failures,
            "reason": reason,
            "next_try_at": next_run_at.isoformat(),
            "advice": _ADVICE,
        },
    )


def note_success(
    connection: Connection, shop_key: str, stream: Stream, *, now: datetime
) -> None:
    """Forget a shop's failures, after its stream was given back; tell it if it was resting."""
    broken_since = count_success(connection, shop_key)
    if broken_since is None:
        return
    close_breaker(connection, shop_key, but=stream, now=now)
    try_alike_again(connection, shop_key, broken_since, within=_ALIKE, now=now)
    record_event(
        connection,
        "shop_recovered",
        now=now,
        shop_key=shop_key,
        detail={"failing_since": broken_since.isoformat()},
    )
