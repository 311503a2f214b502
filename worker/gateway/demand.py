"""Who wants to send what: all that the budget needs to know of a call."""

from dataclasses import dataclass

from worker.domain.calls import Work
from worker.domain.limits import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One call that wants to be sent."""

    app_id: str
    # What it counts against; callers queue for the first.
    limits: tuple[Limit, ...]
    # Sellers take turns.
    seller: str
    work: Work
    # Calls to one endpoint take alike long.
    endpoint: str = ""
