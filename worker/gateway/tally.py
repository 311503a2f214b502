"""What the calls of one piece of work came to; who works in several threads counts in each.

The gateway tells each call here, and whoever has begun a tally in this thread has it counted.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from worker.gateway.records import CallRecord

log = structlog.get_logger(__name__)

# Support asks for a few; the log of page reads has them all.
_MOST_REFUSALS = 5


@dataclass(slots=True)
class CallTally:
    """Calls that were sent, what they waited for and took, and which were refused."""

    calls: int = 0
    waited: float = 0.0
    took: float = 0.0
    # The marketplace's id of the last call that has one.
    request_id: str | None = None
    # Kind of trouble and request id, the first ones.
    refused: list[str] = field(default_factory=list)

    def count(self, record: CallRecord) -> None:
        """Add one call."""
        self.calls += 1
        self.waited += record.waited
        self.took += record.took
        self.request_id = record.request_id or self.request_id
        if record.outcome != "ok" and len(self.refused) < _MOST_REFUSALS:
            self.refused.append(f"{record.outcome} {record.request_id or ''}".rstrip())

    def facts(self) -> dict[str, object]:
        """Return what a log line tells of the calls; nothing where there were none."""
        if not self.calls:
            return {}
        told: dict[str, object] = {
            "calls": self.calls,
            "call_seconds": round(self.took, 3),
            "waited_seconds": round(self.waited, 3),
            "request_id": self.request_id,
        }
        return told | ({"refused": self.refused} if self.refused else {})


_current: ContextVar[CallTally | None] = ContextVar("call_tally", default=None)


def begin_tally() -> CallTally:
    """Count the calls of this thread from now on, into a new tally."""
    tally = CallTally()
    _current.set(tally)
    return tally


def note_call(record: CallRecord) -> None:
    """Count a call, and log it for who looks closely."""
    tally = _current.get()
    if tally is not None:
        tally.count(record)
    # Asked first: structlog renders before it finds out.
    if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        log.debug(
            "call",
            endpoint=record.endpoint,
            app_id=record.app_id,
            shop_id=record.shop_id,
            work=record.work.name.lower(),
            attempt=record.attempt,
            outcome=record.outcome,
            http_status=record.http_status,
            waited_seconds=round(record.waited, 3),
            call_seconds=round(record.took, 3),
            request_id=record.request_id,
        )
