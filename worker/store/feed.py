"""How far back the change feed goes: what is old leaves it from its front, in batches.

Numbers are never given again, so a reader who comes back after too long can be told.
"""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import Connection, delete, func, select, update

from worker.domain.errors import OperatorError
from worker.store.many_rows import insert_into
from worker.store.schema.feed import changes, feed_marks

# One transaction's share, so that nobody waits long behind it.
_BATCH = 1_000


def purged_through(connection: Connection) -> int:
    """Return the last number that is no longer kept; 0 while all are."""
    return _mark(connection, "purged_through")


def blanked_through(connection: Connection) -> int:
    """Return the number up to which changes hold no personal data any more."""
    return _mark(connection, "blanked_through")


def newest_change(connection: Connection) -> int:
    """Return the last number that was given, as far as it can still be told."""
    newest = connection.execute(select(func.max(changes.c.seq))).scalar_one()
    return max(newest or 0, purged_through(connection))


def require_kept(connection: Connection, seq: int) -> None:
    """Prove that everything after `seq` is still in the feed.

    Raises:
        OperatorError: it is not; the text says how a reader starts again.
    """
    purged = purged_through(connection)
    if seq < purged:
        raise OperatorError(
            f"the changes after {seq} are no longer kept, only those after {purged}; "
            "start again: note the newest seq (`sellersync changes --newest`), take a whole "
            "`sellersync export`, then go on with `--after` that seq"
        )


def purge_changes(connection: Connection, *, before: datetime) -> int:
    """Forget some of the oldest changes, if they are from before then; return how many."""
    columns = changes.c
    oldest = connection.execute(
        select(columns.seq, columns.at).order_by(columns.seq).limit(_BATCH)
    ).all()
    # From the front only: what is kept has no hole that time has made.
    due = [row.seq for row in takewhile(lambda row: row.at < before, oldest)]
    if due:
        connection.execute(delete(changes).where(columns.seq <= due[-1]))
        set_mark(connection, "purged_through", due[-1])
    return len(due)


def set_mark(connection: Connection, name: str, seq: int) -> None:
    """Move a mark forward, never back."""
    connection.execute(
        insert_into(feed_marks, connection.dialect)
        .values(id=1, purged_through=0, blanked_through=0)
        .on_conflict_do_nothing()
    )
    mark = feed_marks.c[name]
    connection.execute(update(feed_marks).where(mark < seq).values({mark: seq}))


def _mark(connection: Connection, name: str) -> int:
    found = connection.execute(select(feed_marks.c[name])).scalar_one_or_none()
    return found or 0
