"""How the shops of a pull came out, and how that is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.cli.printing import print_document, print_table
from worker.domain.errors import OperatorError
from worker.domain.records import Stream
from worker.store.pages import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One shop's stream, when the command was done with it."""

    shop_key: str
    watermark: datetime | None
    # None: somebody else pulled it, so nobody counted here.
    written: Written | None = None
    # None: it is up to date.
    reason: str | None = None


def tell(stream: Stream, outcomes: Sequence[Outcome], *, json: bool) -> None:
    """Print how all shops came out.

    Raises:
        OperatorError: a shop failed; the text names the first one.
    """
    if json:
        rows = [_document(outcome) for outcome in outcomes]
        print_document({"stream": stream.value, "shops": rows})
    else:
        print_table(
            ("shop_key", "added", "updated", "unchanged", "complete_until", "outcome"),
            [_row(outcome) for outcome in outcomes],
        )
    failed = [outcome for outcome in outcomes if outcome.reason is not None]
    if failed:
        more = f" (and {len(failed) - 1} more shops)" if len(failed) > 1 else ""
        first = failed[0]
        raise OperatorError(f"{stream.value} of {first.shop_key}: {first.reason}{more}")


def _document(outcome: Outcome) -> dict[str, object]:
    written = outcome.written
    return {
        "shop_key": outcome.shop_key,
        "outcome": "up_to_date" if outcome.reason is None else "failed",
        "reason": outcome.reason,
        "added": written.added if written else None,
        "updated": written.updated if written else None,
        "unchanged": written.unchanged if written else None,
        "unreadable": written.unreadable if written else None,
        "watermark": outcome.watermark,
    }


def _row(outcome: Outcome) -> list[object]:
    written = outcome.written
    counts = (
        [written.added, written.updated, written.unchanged]
        if written
        else [None, None, None]
    )
    result = "up to date" if outcome.reason is None else outcome.reason
    return [outcome.shop_key, *counts, outcome.watermark, result]
