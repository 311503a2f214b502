"""What can be said of a stream: it is complete from here to there; pure."""

from dataclasses import dataclass
from datetime import datetime

from worker.store.certificates import StoredHistory
from worker.store.streams import StoredStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A time range without a gap: all that changed in it, as the marketplace showed it, is here."""

    # None with `from_beginning`: from the marketplace's first day; else: not known.
    complete_from: datetime | None
    from_beginning: bool
    # The watermark. None: nothing is certain yet.
    complete_to: datetime | None
    # Slices of history, and those that are still to be read.
    slices: int
    open_slices: int


def certify(
    stored: StoredStream, history: StoredHistory | None, *, reads_in_full: bool
) -> Certificate:
    """Return what the complete windows and slices of a stream amount to.

    Live windows join at their overlaps, from `live_from` to the watermark, and slices join
    at their ends, from `live_from` back. So the only gap is the most recent open slice.
    """
    complete_to = stored.progress.watermark
    complete_from = None
    from_beginning = False
    if complete_to is not None:
        if history is None:
            from_beginning = reads_in_full
        elif history.open:
            complete_from = history.open_until
        else:
            complete_from = history.begins_at
            from_beginning = complete_from is None
    return Certificate(
        complete_from=complete_from,
        from_beginning=from_beginning,
        complete_to=complete_to,
        slices=history.slices if history else 0,
        open_slices=history.open if history else 0,
    )
