"""One turn of a reconcile: go on with the pass, then write down how it went."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from worker.domain.backoff import wait_after
from worker.domain.errors import (
    BudgetExhausted,
    BudgetUnavailable,
    LeaseLost,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    SellersyncError,
    ShopClosed,
)
from worker.store.database import database_now
from worker.store.events import record_event
from worker.store.holding import hold_stream
from worker.store.reconcile_claims import ReconcileClaim, give_back_reconcile
from worker.store.reconciles import find_reconcile
from worker.store.streams import request_again
from worker.sync.pages import Source
from worker.sync.reconcile import Reconciled, Reconciler
from worker.sync.setbacks import SETBACKS
from worker.sync.windows import History

_FIRST_RETRY = timedelta(minutes=1)
_LONGEST_RETRY = timedelta(hours=6)
# The live pulls come every few minutes.
_WAIT_FOR_PULLS = timedelta(minutes=1)
# There is no hurry: live work has the budget.
_WITHOUT_BUDGET = timedelta(minutes=1)
# Passes that became due together spread over this part of their interval.
_SPREAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePlan:
    """What the operator wants of a stream's reconciles."""

    every: timedelta
    history: History
    # A turn stops at a page boundary after this; None: never.
    deadline: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileTurn:
    """How a turn went; `error` is what stopped it."""

    reconciled: Reconciled | None
    error: SellersyncError | None = None

    def facts(self) -> dict[str, object]:
        """Return what a log line tells of this turn."""
        done = self.reconciled
        if done is None:
            return {"outcome": type(self.error).__name__, "reason": str(self.error)}
        if done.complete:
            return {"outcome": "complete", **done.result}
        return {
            "outcome": "waits_for_pulls" if done.waits else "continues",
            "pages": done.pages,
            "added": done.written.added,
            "updated": done.written.updated,
            "unchanged": done.written.unchanged,
            "unreadable": done.written.unreadable,
            "restarts": done.restarts,
        }


def take_reconcile_turn(
    reconciler: Reconciler,
    claim: ReconcileClaim,
    source: Callable[[], Source],
    plan: ReconcilePlan,
) -> ReconcileTurn:
    """Go on with a claimed pass and give the claim back, whatever happened."""
    try:
        done = reconciler.reconcile(
            claim, source(), history=plan.history, deadline=plan.deadline
        )
        with reconciler.database.write() as connection:
            now = database_now(connection)
            wait = timedelta(0)
            if done.complete:
                wait = plan.every * (1 - _SPREAD * random.random())  # noqa: S311 -- spreads load
            elif done.waits:
                wait = _WAIT_FOR_PULLS
            give_back_reconcile(connection, claim, next_run_at=now + wait)
    except LeaseLost as error:
        return ReconcileTurn(reconciled=None, error=error)
    except SETBACKS as error:
        with reconciler.database.write() as connection:
            _put_off(connection, claim, error)
        return ReconcileTurn(reconciled=None, error=error)
    return ReconcileTurn(reconciled=done)


def _put_off(
    connection: Connection, claim: ReconcileClaim, error: SellersyncError
) -> None:
    hold_stream(connection, claim.shop_key, claim.stream)
    now = database_now(connection)
    stored = find_reconcile(connection, claim.shop_key, claim.stream)
    failures = stored.failures if stored else 0
    previous = stored.last_error if stored else None
    if isinstance(error, BudgetExhausted | BudgetUnavailable):
        # Waiting for one's turn is no failure.
        wait = max(getattr(error, "retry_after", timedelta(0)), _WITHOUT_BUDGET)
        give_back_reconcile(
            connection,
            claim,
            next_run_at=now + wait,
            failures=failures,
            last_error=previous,
        )
        return
    give_back_reconcile(
        connection,
        claim,
        next_run_at=_next_attempt(failures + 1, error, now),
        failures=failures + 1,
        last_error=f"{type(error).__name__}: {error}",
    )
    if isinstance(error, ReauthorizeShop | ScopeMissing | ShopClosed):
        # What concerns the whole stream is for its pull to meet, to tell and to act on;
        # a reconcile rests while its stream does.
        request_again(connection, claim.shop_key, claim.stream, now=now, since=None)
        if failures != 1:
            return
        # The pull was not refused.
        previous = None
    _tell(connection, claim, error, previous, now)


def _next_attempt(failures: int, error: SellersyncError, now: datetime) -> datetime:
    wait = wait_after(
        failures,
        first=_FIRST_RETRY,
        longest=_LONGEST_RETRY,
        chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
    )
    asked = error.retry_after if isinstance(error, RetryLater) else None
    return now + max(wait, asked or timedelta(0))


def _tell(
    connection: Connection,
    claim: ReconcileClaim,
    error: SellersyncError,
    previous: str | None,
    now: datetime,
) -> None:
    """Record one event per kind of trouble, not one per attempt."""
    kind = type(error).__name__
    if (previous or "").startswith(f"{kind}:"):
        return
    record_event(
        connection,
        "reconcile_failed",
        now=now,
        shop_key=claim.shop_key,
        detail={
            "stream": claim.stream.value,
            "kind": kind,
            "reason": str(error),
            "advice": error.advice if isinstance(error, MarketplaceError) else None,
        },
    )
