"""How often a walk that does not add up is made again, and what is said in the end."""

from worker.domain.errors import RetryLater
from worker.domain.records import Stream
from worker.store.progress import Progress

# Walks of one window that did not add up before it is cut in half.
PATIENT_WALKS = 3
# Turns that failed at the same page before its token is given up.
PATIENT_TURNS = 3
# Then a stream without windows gives up until its next turn.
MOST_WALKS = 6


def is_stuck(progress: Progress, failures: int, last_error: str | None) -> bool:
    """Whether so many turns failed at one page that its token may be the reason."""
    return (
        progress.cursor is not None
        and failures > 0
        and failures % PATIENT_TURNS == 0
        # Answers, but not a marketplace that does not answer at all.
        and (last_error or "").startswith(("RetryLater:", "UnreadableReply:"))
    )


def cannot_be_cut(stream: Stream, shop_key: str) -> RetryLater:
    """Return what is said of a window that is too short to be cut."""
    return RetryLater(
        f"{stream} of {shop_key}",
        "one second holds more rows than the marketplace shows, or they keep changing",
    )


def never_adds_up(stream: Stream, shop_key: str) -> RetryLater:
    """Return what is said of a stream without windows whose rows change all the time."""
    return RetryLater(
        f"{stream} of {shop_key}", "the rows keep changing while they are read"
    )
