"""One turn of a stream: pull it, then write down how it went and when it is due again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from worker.domain.backoff import wait_after
from worker.domain.errors import (
    BudgetExhausted,
    BudgetUnavailable,
    LeaseLost,
    MarketplaceError,
    OperatorError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    SellersyncError,
    ShopClosed,
)
from worker.store.database import database_now
from worker.store.events import record_event
from worker.store.shops import pause_shop
from worker.store.streams import Claim, find_stream, finish_pull
from worker.sync.pull import Pulled, Puller, Source
from worker.sync.windows import History

_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)
# Redis is away: nothing may be sent, so there is no hurry either.
_WITHOUT_BUDGET = timedelta(seconds=10)
# Streams that became due together spread over this part of their interval.
_SPREAD = 0.05


# Whether what the marketplace says of the seller's token still holds; settled in the
# same transaction as the stream, so that no crash comes between the two.
Verdict = Callable[[Connection, SellersyncError, datetime], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the operator wants of a stream."""

    every: timedelta
    history: History
    # A turn stops at a page boundary after this; None: never.
    deadline: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a turn went; `error` is what stopped it."""

    pulled: Pulled | None
    error: SellersyncError | None = None

    def facts(self) -> dict[str, object]:
        """Return what a log line tells of this turn."""
        if self.pulled is None:
            return {"outcome": type(self.error).__name__, "reason": str(self.error)}
        written = self.pulled.written
        return {
            "outcome": "up_to_date" if self.pulled.up_to_date else "continues",
            "pages": self.pulled.pages,
            "added": written.added,
            "updated": written.updated,
            "unchanged": written.unchanged,
            "unreadable": written.unreadable,
            "restarts": self.pulled.restarts,
            "watermark": self.pulled.watermark,
        }


def take_turn(
    puller: Puller,
    claim: Claim,
    source: Callable[[], Source],
    plan: Plan,
    *,
    stands: Verdict,
) -> Turn:
    """Pull a claimed stream and give the claim back, whatever happened.

    `stands` says whether a refusal of the seller's token still holds.
    """
    try:
        pulled = puller.pull(
            claim, source(), history=plan.history, deadline=plan.deadline
        )
    except LeaseLost as error:
        return Turn(pulled=None, error=error)
    except (
        MarketplaceError,
        BudgetExhausted,
        BudgetUnavailable,
        OperatorError,
    ) as error:
        _finish(puller, claim, plan, error, stands)
        return Turn(pulled=None, error=error)
    with puller.database.write() as connection:
        now = database_now(connection)
        wait = plan.every * (1 - _SPREAD * random.random())  # noqa: S311 -- spreads load
        finish_pull(
            connection,
            claim,
            now=now,
            next_run_at=now + wait if pulled.up_to_date else now,
            succeeded_at=now if pulled.up_to_date else None,
        )
    return Turn(pulled=pulled)


def _finish(
    puller: Puller, claim: Claim, plan: Plan, error: SellersyncError, stands: Verdict
) -> None:
    with puller.database.write() as connection:
        now = database_now(connection)
        stored = find_stream(connection, claim.shop_key, claim.stream)
        failures = stored.failures if stored else 0
        previous = stored.last_error if stored else None
        text = f"{type(error).__name__}: {error}"
        finish = partial(finish_pull, connection, claim, now=now)
        if isinstance(error, BudgetExhausted | BudgetUnavailable):
            wait = getattr(error, "retry_after", _WITHOUT_BUDGET)
            # Waiting for one's turn is no failure.
            finish(next_run_at=now + wait, failures=failures, last_error=previous)
            return
        refused = isinstance(error, ReauthorizeShop | ScopeMissing | ShopClosed)
        if refused and not stands(connection, error, now):
            # The answer was to older tokens: the seller has authorised again meanwhile.
            finish(next_run_at=now, failures=failures, last_error=previous)
            return
        if isinstance(error, ScopeMissing):
            finish(
                next_run_at=None, failures=failures + 1, last_error=text, disabled=text
            )
        elif isinstance(error, ReauthorizeShop):
            finish(next_run_at=None, failures=failures + 1, last_error=text)
        elif isinstance(error, ShopClosed):
            finish(next_run_at=None, failures=failures + 1, last_error=text)
            pause_shop(connection, claim.shop_key, reason=text)
        else:
            finish(
                next_run_at=_next_attempt(failures + 1, plan, error, now),
                failures=failures + 1,
                last_error=text,
            )
        _tell(connection, claim, error, previous, now)


def _next_attempt(
    failures: int, plan: Plan, error: SellersyncError, now: datetime
) -> datetime:
    wait = wait_after(
        failures,
        first=_FIRST_RETRY,
        longest=max(_LONGEST_RETRY, plan.every),
        chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
    )
    asked = error.retry_after if isinstance(error, RetryLater) else None
    return now + max(wait, asked or timedelta(0))


def _tell(
    connection: Connection,
    claim: Claim,
    error: SellersyncError,
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
        shop_key=claim.shop_key,
        detail={
            "stream": claim.stream.value,
            "kind": kind,
            "reason": str(error),
            "advice": error.advice if isinstance(error, MarketplaceError) else None,
        },
    )
