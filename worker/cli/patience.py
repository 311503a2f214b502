"""How long somebody who watches waits for what does not go on."""

from datetime import timedelta

from worker.domain.errors import (
    BudgetExhausted,
    LeaseLost,
    RetryLater,
    SellersyncError,
    Throttled,
)

A_MOMENT = timedelta(seconds=0.5)
# A marketplace that has not given one page is not waited for (the gateway has tried for
# some seconds), one in the middle of its pages is.
_PATIENCE = timedelta(seconds=60)
# One that asks for a pause is alive.
_LONGEST_PAUSE = timedelta(minutes=5)


def wait_before_next(
    error: SellersyncError, *, quiet_for: timedelta, has_pages: bool
) -> timedelta | None:
    """Return how long to wait before another try; None: give up.

    `quiet_for` is how long ago the last page came, or the command began.
    """
    match error:
        case LeaseLost():
            return A_MOMENT
        case Throttled() | BudgetExhausted():
            pause = max(error.retry_after or A_MOMENT, A_MOMENT)
            return pause if quiet_for + pause <= _LONGEST_PAUSE else None
        case RetryLater() if has_pages:
            pause = max(error.retry_after or A_MOMENT, A_MOMENT)
            return pause if quiet_for + pause <= _PATIENCE else None
        case _:
            return None
