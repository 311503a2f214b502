"""How the reconciles of each kind of stream stand, counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from worker.domain.records import Stream
from worker.store.schema.metadata import UtcTime
from worker.store.schema.reconciles import reconciles


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileTally:
    """All reconciles of one kind of stream."""

    # Those that wait for an operator's yes.
    withheld: int
    # When the one that was finished longest ago was; None: none ever was.
    oldest: datetime | None


def count_reconciles(connection: Connection) -> dict[Stream, ReconcileTally]:
    """Return how the reconciles of each kind of stream stand."""
    rows = connection.execute(
        select(
            reconciles.c.stream,
            func.count(reconciles.c.withheld).label("withheld"),
            func.min(reconciles.c.finished_at, type_=UtcTime()).label("oldest"),
        ).group_by(reconciles.c.stream)
    )
    return {
        Stream(row.stream): ReconcileTally(withheld=row.withheld, oldest=row.oldest)
        for row in rows
    }
