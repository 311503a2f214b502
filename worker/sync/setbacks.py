"""What stopped a turn, and when the work is due again; the same for streams and slices."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from worker.domain.backoff import wait_after
from worker.domain.errors import (
    BudgetExhausted,
    BudgetUnavailable,
    MarketplaceError,
    OperatorError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    SellersyncError,
    ShopClosed,
)
from worker.domain.records import Stream
from worker.store.events import record_event

LONGEST_RETRY = timedelta(hours=1)
_FIRST_RETRY = timedelta(seconds=10)
# Redis is away: nothing may be sent, so there is no hurry either.
_WITHOUT_BUDGET = timedelta(seconds=10)

# What may stop a turn without being a bug of ours.
SETBACKS = (MarketplaceError, BudgetExhausted, BudgetUnavailable, OperatorError)

# Whether what the marketplace says of the seller's token still holds; settled in the
# same transaction as the stream, so that no crash comes between the two.
Verdict = Callable[[Connection, SellersyncError, datetime], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """How the work goes on after an error."""

    # None: not before the stream is started again.
    next_run_at: datetime | None
    failures: int
    last_error: str | None
    # Why the stream is not pulled although its shop is.
    disabled: str | None = None
    pauses_shop: bool = False
    # False: waiting for one's turn, or an answer to older tokens.
    is_failure: bool = True


def weigh(
    error: SellersyncError,
    *,
    failures: int,
    previous: str | None,
    now: datetime,
    stands: Callable[[], bool],
    longest: Callable[[], timedelta] = lambda: LONGEST_RETRY,
) -> Setback:
    """Say what an error means for the work; `failures` and `previous` are those before it.

    `stands` says whether a refusal of the seller's token still holds, and is only asked then.
    `longest` says how long the work waits for its next attempt at the most, unless the
    marketplace asked for more; it is only asked after a failure.
    """
    if isinstance(error, BudgetExhausted | BudgetUnavailable):
        # Waiting for one's turn is no failure.
        wait = getattr(error, "retry_after", _WITHOUT_BUDGET)
        return Setback(
            next_run_at=now + wait,
            failures=failures,
            last_error=previous,
            is_failure=False,
        )
    refused = isinstance(error, ReauthorizeShop | ScopeMissing | ShopClosed)
    if refused and not stands():
        # The answer was to older tokens: the seller has authorised again meanwhile.
        return Setback(
            next_run_at=now, failures=failures, last_error=previous, is_failure=False
        )
    text = f"{type(error).__name__}: {error}"
    return Setback(
        next_run_at=(
            None if refused else now + _wait(failures + 1, error, longest=longest())
        ),
        failures=failures + 1,
        last_error=text,
        disabled=text if isinstance(error, ScopeMissing) else None,
        pauses_shop=isinstance(error, ShopClosed),
    )


def tell(
    connection: Connection,
    shop_key: str,
    stream: Stream,
    error: SellersyncError,
    *,
    previous: str | None,
    now: datetime,
) -> None:
    """Record one event per kind of trouble, not one per attempt."""
    kind = type(error).__name__
    if (previous or "").startswith(f"{kind}:") or isinstance(error, ReauthorizeShop):
        return
    record_event(
        connection,
        "pull_failed",
        now=now,
        shop_key=shop_key,
        detail={
            "stream": stream.value,
            "kind": kind,
            "reason": str(error),
            "advice": error.advice if isinstance(error, MarketplaceError) else None,
        },
    )


def _wait(failures: int, error: SellersyncError, *, longest: timedelta) -> timedelta:
    wait = wait_after(
        failures,
        first=_FIRST_RETRY,
        longest=longest,
        chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
    )
    asked = error.retry_after if isinstance(error, RetryLater) else None
    return max(wait, asked or timedelta(0))
