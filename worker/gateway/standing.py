"""How a limit stands, for those who look at it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one limit stands."""

    share: float
    paused_for: float
    waiting: int
    pad: float | None
    # Of the whole app.
    calls_per_second: float
