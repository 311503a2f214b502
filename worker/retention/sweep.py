"""One sweep: everything that is too old goes, in batches, each a transaction of its own.

Nothing is remembered between batches but what the rows themselves say, so a sweep may be
stopped or killed anywhere, and two at once only find less to do.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from sqlalchemy import Connection

from worker.domain.records import Stream
from worker.marketplaces import marketplaces
from worker.store.database import Database, database_now
from worker.store.erasure import shredding
from worker.store.feed import purge_changes
from worker.store.notifications import purge_notifications
from worker.store.page_reads import purge_page_reads
from worker.store.personal_data import (
    blank_changes,
    blank_payloads,
    blank_unreadable,
)

# Of one sweep; a first one over years of data goes on with the next.
_LONGEST = timedelta(seconds=60)

# Does one batch and returns how many rows it was.
_Batch = Callable[[Connection, datetime], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long things are kept; None: for ever."""

    changes: timedelta | None
    page_reads: timedelta | None
    personal_data: timedelta | None
    notifications: timedelta | None = None


def sweep(
    database: Database,
    terms: Terms,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    longest: timedelta = _LONGEST,
) -> Counter[str]:
    """Do all batches that are due, until time is up; return how many rows of each kind."""
    ends_at = monotonic() + longest.total_seconds()
    done: Counter[str] = Counter()
    for kind, batch in _batches(terms).items():
        while not should_stop() and monotonic() < ends_at:
            with database.write() as connection, shredding(connection):
                rows = batch(connection, database_now(connection))
            if not rows:
                break
            done[kind] += rows
    return done


def _batches(terms: Terms) -> dict[str, _Batch]:
    """Return what is to be done: what the law asks for first."""
    batches: dict[str, _Batch] = {}
    if (term := terms.personal_data) is not None:
        batches["payloads_blanked"] = partial(_blank_payloads, term)
        batches["unreadable_blanked"] = lambda connection, now: blank_unreadable(
            connection, before=now - term, now=now
        )
        batches["changes_blanked"] = lambda connection, now: blank_changes(
            connection, before=now - term
        )
    if (kept := terms.changes) is not None:
        batches["changes_purged"] = lambda connection, now: purge_changes(
            connection, before=now - kept
        )
    if (kept_reads := terms.page_reads) is not None:
        batches["page_reads_purged"] = lambda connection, now: purge_page_reads(
            connection, before=now - kept_reads
        )
    if (kept_notifications := terms.notifications) is not None:
        batches["notifications_purged"] = lambda connection, now: purge_notifications(
            connection, before=now - kept_notifications
        )
    return batches


def _blank_payloads(term: timedelta, connection: Connection, now: datetime) -> int:
    return blank_payloads(
        connection, before=now - term, now=now, blanked=without_persons
    )


def without_persons(shop_key: str, stream: Stream, payload: str) -> str:
    """Return a payload without personal data; of an unknown marketplace, nothing of it."""
    found = marketplaces().get(shop_key.partition(":")[0])
    return found.personal_data[stream].blanked(payload) if found else "null"
