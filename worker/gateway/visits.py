"""What a caller asks of the budget's book, and what it is told."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Step(StrEnum):
    """Where a caller is on its way to a slot."""

    NEW = "new"
    # Its appointment has come.
    BACK = "back"
    # It woke up too late for the slot that it had.
    LATE = "late"


class Outcome(IntEnum):
    """What became of a booking."""

    # Too far away: nothing was booked.
    REFUSED = 0
    SLOT = 1
    # A place in the queue: ask again then.
    APPOINTMENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One caller's question; all times in seconds."""

    ticket: str
    rank: int
    floor: float
    step: Step = Step.NEW
    missed: int = 0
    patience: float
    reach: float = 0.0
    pad: float | None
    widest_pad: float
    # What the app's clock shows at the latest, when it is asked.
    predicted: float | None = None
    share: float = 1.0
    wanted: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Redis said; all times in seconds."""

    outcome: Outcome
    # From `clock`, the app's clock.
    wait: float
    clock: float
    # Of the slot.
    number: int
    # Further slots of the same answer are so far apart.
    gap: float
    calls: int
    # The learned part of the first limit.
    share: float
    # Our clock before asking and after the answer.
    asked: float
    arrived: float
