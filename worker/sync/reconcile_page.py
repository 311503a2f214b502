"""Write one page of a reconcile: its rows, that it has shown them, how far the walk is."""

from datetime import datetime

from sqlalchemy import Connection

from worker.domain.pages import Page
from worker.store.database import database_now
from worker.store.holding import hold_stream
from worker.store.missing import compare_sightings, note_sightings
from worker.store.pages import Written
from worker.store.progress import Progress
from worker.store.quarantine import release
from worker.store.reconcile_claims import ReconcileClaim, save_walk, update_owned
from worker.store.reconciles import StoredReconcile
from worker.sync.pages import PageOfWalk, Source
from worker.sync.walk import Step, Walked
from worker.sync.windows import window_of


def write_reconciled(
    connection: Connection,
    claim: ReconcileClaim,
    source: Source,
    stored: StoredReconcile,
    page: Page,
    walked: Walked,
    *,
    fetched_at: datetime,
) -> Written:
    """Write a page; with the last one of a part, note what the part did not show.

    Raises:
        LeaseLost: somebody else makes this pass now; nothing may be written.
    """
    hold_stream(connection, claim.shop_key, claim.stream)
    update_owned(connection, claim, pages=stored.pages + 1)
    now = database_now(connection)
    which = (claim.shop_key, claim.stream)
    # It may have been an unknown word that the program has learned meanwhile.
    release(connection, *which, [record.record_id for record in page.records])
    rows = (*page.records, *page.unreadable)
    ids = [row.record_id for row in rows if row.record_id is not None]
    note_sightings(connection, *which, ids)
    # A row without an id may be any record, and a walk that nobody counted may be cut short.
    provable = stored.provable and len(ids) == len(rows) and page.total is not None
    window, reached = window_of(stored.progress), stored.reached
    if walked.step is Step.COMPLETE and window is not None:
        compare_sightings(
            connection,
            *which,
            window,
            by_time=source.rules(claim.stream).has_update_filter,
            provable=provable,
            now=now,
        )
        progress, reached, provable = Progress(), window.end, True
    else:
        progress = walked.progress
    where = PageOfWalk(
        turn=claim.lease_token,
        progress=stored.progress,
        step=walked.step,
        fetched_at=fetched_at,
    )
    # Late, as it ends with the feed, for which all other writers wait meanwhile.
    written = source.write(connection, claim.stream, page, now=now, where=where)
    save_walk(
        connection,
        claim,
        progress,
        reached=reached,
        provable=provable,
        added=stored.added + written.added,
        updated=stored.updated + written.updated,
    )
    return written
