"""A call that the budget has given: it is for a moment, not for whenever."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one call now."""

    # How long that took, in seconds.
    waited: float
    # Who has not begun to send by then (of the monotonic clock) needs another one.
    latest: float
