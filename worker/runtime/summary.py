"""The one line that each task leaves in the log, whatever became of it.

`worker.app` begins and tells it, around every task; what the task found out it says with
`sum_up`. docs/logs.md describes the lines.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from worker.domain.errors import (
    BudgetExhausted,
    LeaseLost,
    MarketplaceError,
    SellersyncError,
)
from worker.gateway.tally import CallTally, begin_tally

log = structlog.get_logger(__name__)

# To wait for one's turn is everyday life, no trouble.
_EVERYDAY = (BudgetExhausted, LeaseLost)


@dataclass(slots=True)
class _Summary:
    began: float
    calls: CallTally
    # Seconds between sending and this; None: whoever sent it did not say when.
    queued: float | None
    # None: the task had nothing to say, as most ticks.
    event: str | None = None
    is_trouble: bool = False
    facts: dict[str, object] = field(default_factory=dict)


_current: ContextVar[_Summary | None] = ContextVar("summary", default=None)


def begin_summary(*, enqueued_at: float | None) -> None:
    """Begin a task's summary in this thread; `enqueued_at` is by the sender's clock."""
    queued = None if enqueued_at is None else max(time.time() - enqueued_at, 0.0)
    _current.set(_Summary(began=time.monotonic(), calls=begin_tally(), queued=queued))


def sum_up(event: str, **facts: object) -> None:
    """Say how the task of this thread ended, as far as it knows yet; the last word counts."""
    summary = _current.get()
    if summary is not None:
        summary.event = event
        summary.facts |= facts


def sum_up_trouble(event: str, error: SellersyncError, **facts: object) -> None:
    """Say what kept the task of this thread from its work."""
    told: dict[str, object] = {"outcome": type(error).__name__, "reason": str(error)}
    if isinstance(error, MarketplaceError):
        told |= {"code": error.code, "advice": error.advice}
    sum_up(event, **told, **facts)
    summary = _current.get()
    if summary is not None:
        summary.is_trouble = not isinstance(error, _EVERYDAY)


def tell_summary(*, failed: BaseException | None = None) -> None:
    """Write the line; `failed` is what the task itself did not expect."""
    summary = _current.get()
    _current.set(None)
    if summary is None:
        return
    facts = summary.facts | summary.calls.facts()
    facts["seconds"] = round(time.monotonic() - summary.began, 3)
    if summary.queued is not None:
        facts["queued_seconds"] = round(summary.queued, 3)
    if failed is not None:
        log.error("task_failed", **{**facts, "outcome": type(failed).__name__})
    elif summary.event is None:
        log.debug("task_done", **facts)
    elif summary.is_trouble:
        log.warning(summary.event, **facts)
    else:
        log.info(summary.event, **facts)
