"""What is told about each call: for metrics, logs and progress; no secret, no payload."""

from dataclasses import dataclass

from worker.domain.calls import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call that was sent, whatever came of it."""

    marketplace: str
    app_id: str
    shop_id: str | None
    endpoint: str
    work: Work
    # From 1; each attempt is a call of its own to the budget and to the marketplace.
    attempt: int
    # "ok", or the name of the error's class.
    outcome: str
    # None: no reply came.
    http_status: int | None
    # Seconds for a free call of the budget.
    waited: float
    # Seconds from sending to the reply, read.
    took: float
    # What the marketplace calls the call; its support asks for it.
    request_id: str | None
