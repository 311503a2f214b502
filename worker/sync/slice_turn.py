"""One turn of a slice: read it, then give it back and write down how it went."""

from collections.abc import Callable

from worker.domain.errors import LeaseLost, SellersyncError
from worker.store.database import database_now
from worker.store.holding import hold_stream
from worker.store.resting import pause_shop
from worker.store.slice_claims import SliceClaim
from worker.store.slice_outcomes import give_back_slice, stop_stream, trouble_of
from worker.store.slices import find_slice
from worker.sync.backfill import SlicePuller
from worker.sync.pages import Source
from worker.sync.setbacks import SETBACKS, Verdict, tell, weigh
from worker.sync.turn import Plan, Turn


def take_slice_turn(
    puller: SlicePuller,
    claim: SliceClaim,
    source: Callable[[], Source],
    plan: Plan,
    *,
    stands: Verdict,
) -> Turn:
    """Read a claimed slice and give the claim back, whatever happened.

    `stands` says whether a refusal of the seller's token still holds.
    """
    try:
        pulled = puller.pull(claim, source(), deadline=plan.deadline)
        if not pulled.up_to_date:
            with puller.database.write() as connection:
                now = database_now(connection)
                give_back_slice(connection, claim, next_run_at=now)
    except LeaseLost as error:
        return Turn(pulled=None, error=error)
    except SETBACKS as error:
        _finish(puller, claim, error, stands)
        return Turn(pulled=None, error=error)
    return Turn(pulled=pulled)


def _finish(
    puller: SlicePuller,
    claim: SliceClaim,
    error: SellersyncError,
    stands: Verdict,
) -> None:
    with puller.database.write() as connection:
        hold_stream(connection, claim.shop_key, claim.stream)
        now = database_now(connection)
        stored = find_slice(connection, claim.slice_id)
        setback = weigh(
            error,
            failures=stored.failures if stored else 0,
            previous=stored.last_error if stored else None,
            now=now,
            stands=lambda: stands(connection, error, now),
        )
        # Twelve slices that meet the same trouble are one trouble.
        told = trouble_of(connection, claim, type(error).__name__)
        give_back_slice(
            connection,
            claim,
            # What concerns the whole stream stops the stream, and it the slice.
            next_run_at=setback.next_run_at or now,
            failures=setback.failures,
            last_error=setback.last_error,
        )
        if setback.next_run_at is None:
            stop_stream(
                connection,
                claim,
                reason=setback.last_error or "",
                disabled=setback.disabled,
            )
        if setback.pauses_shop:
            pause_shop(connection, claim.shop_key, reason=setback.last_error or "")
        if setback.is_failure:
            tell(
                connection,
                claim.shop_key,
                claim.stream,
                error,
                previous=told,
                now=now,
            )
