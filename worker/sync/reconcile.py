"""One reconcile: walk everything slowly, repair what differs, settle what is missing.

What no window showed is found here: rows that became visible later than any overlap,
changes that do not move the update time, records that are gone. A page's rows, what it has
shown and the progress commit in one transaction, so a kill costs at most one page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from worker.domain.calls import Work
from worker.domain.errors import LeaseLost, TooManyResults
from worker.domain.pages import StreamRules, Window
from worker.gateway.caller import Gateway
from worker.store.certificates import all_histories
from worker.store.database import Database, database_now
from worker.store.holding import hold_stream
from worker.store.pages import Written
from worker.store.progress import Progress
from worker.store.reconcile_claims import ReconcileClaim, save_walk
from worker.store.reconciles import StoredReconcile, connected_at, find_reconcile
from worker.store.streams import find_stream
from worker.sync.lateness import overlap_after
from worker.sync.pages import PageTokenRefused, Source
from worker.sync.passes import next_part, range_of_pass
from worker.sync.patience import (
    MOST_WALKS,
    PATIENT_WALKS,
    cannot_be_cut,
    never_adds_up,
)
from worker.sync.reconcile_page import write_reconciled
from worker.sync.settlement import Settler, Settling
from worker.sync.stopwatch import end_of, is_over
from worker.sync.walk import Step, after_page, is_too_large
from worker.sync.windows import History, halve, restart, window_of


@dataclass(slots=True, kw_only=True)
class Reconciled:
    """What one turn of a reconcile did."""

    written: Written = field(default_factory=Written)
    pages: int = 0
    restarts: int = 0
    # True: the pass is complete. False: it goes on.
    complete: bool = False
    # Nothing can be done before the live pulls have come further.
    waits: bool = False
    # The part that was walked last: it tells how long the next one may be.
    last_part: Window | None = None
    # What the complete pass came to.
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Makes one claimed pass."""

    database: Database
    gateway: Gateway
    # Stops at the next page boundary: a worker that shuts down, a deadline.
    should_stop: Callable[[], bool] = lambda: False
    on_page: Callable[[Reconciled], None] = lambda _reconciled: None

    def reconcile(
        self,
        claim: ReconcileClaim,
        source: Source,
        *,
        history: History,
        deadline: timedelta | None = None,
    ) -> Reconciled:
        """Go on with the pass, or begin one, until it is complete or time is up.

        Raises:
            MarketplaceError: the leaf says what happens next; the progress is saved.
            LeaseLost: somebody else makes this pass now.
        """
        ends_at = end_of(deadline)
        done = Reconciled()
        settler = Settler(database=self.database, gateway=self.gateway)
        self._begin(claim, source, history)
        while not (self.should_stop() or is_over(ends_at)):
            stored, now = self._look(claim)
            if stored.began_at is None:
                done.waits = True
                break
            if stored.walked_at is None:
                self._walk_on(claim, source, stored, now, done)
            else:
                step = settler.settle(claim, source, stored, now=now)
                done.complete = step is Settling.DONE
                done.waits = step is Settling.WAITS
                if done.complete:
                    done.result = self._look(claim)[0].result or {}
                if done.complete or done.waits:
                    break
            self.on_page(done)
        return done

    def _begin(self, claim: ReconcileClaim, source: Source, history: History) -> None:
        """Begin a pass, unless one is being made or there is nothing to compare yet."""
        with self.database.write() as connection:
            hold_stream(connection, claim.shop_key, claim.stream)
            stored = find_reconcile(connection, claim.shop_key, claim.stream)
            stream = find_stream(connection, claim.shop_key, claim.stream)
            if stored is None or stream is None or stored.began_at is not None:
                return
            histories = all_histories(connection, shop_key=claim.shop_key)
            history_left = histories.get((claim.shop_key, claim.stream))
            if history_left is not None and history_left.open:
                return
            now = database_now(connection)
            rules = source.rules(claim.stream)
            covered = range_of_pass(
                rules,
                history,
                now=now,
                watermark=stream.progress.watermark,
                overlap=overlap_after(stream.lateness, floor=rules.overlap),
                covered_until=stored.covered_until,
                known_since=connected_at(connection, claim.shop_key),
            )
            if covered is not None:
                save_walk(
                    connection,
                    claim,
                    Progress(),
                    began_at=now,
                    range_start=covered.start,
                    range_end=covered.end,
                )

    def _look(self, claim: ReconcileClaim) -> tuple[StoredReconcile, datetime]:
        """Return how far the pass is, and what time it is before the next call."""
        with self.database.read() as connection:
            stored = find_reconcile(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
        if stored is None or stored.lease_token != claim.lease_token:
            raise LeaseLost(f"{claim.shop_key} {claim.stream}: another reconciles it")
        return stored, now

    def _walk_on(
        self,
        claim: ReconcileClaim,
        source: Source,
        stored: StoredReconcile,
        now: datetime,
        done: Reconciled,
    ) -> None:
        """Open the next part, or read one page of the open one."""
        progress, rules = stored.progress, source.rules(claim.stream)
        if window_of(progress) is None:
            self._open(claim, stored, done.last_part)
            return
        try:
            page = source.read(
                self.gateway, claim.stream, progress, work=Work.RECONCILE
            )
        except TooManyResults:
            # A part of what cannot be filtered would leave out the rest of it.
            if not rules.has_update_filter:
                raise
            self._save(claim, _cut(claim, progress))
            return
        except PageTokenRefused:
            self._walk_again(claim, restart(progress), rules, done)
            return
        if is_too_large(progress, page, rules) and halve(progress):
            self._save(claim, _cut(claim, progress))
            return
        walked = after_page(progress, page, rules)
        with self.database.write() as connection:
            done.written += write_reconciled(
                connection, claim, source, stored, page, walked, fetched_at=now
            )
        done.pages += 1
        if walked.step is Step.COMPLETE:
            done.last_part = window_of(progress)
        elif walked.step is Step.AGAIN:
            self._walk_again(claim, walked.progress, rules, done)

    def _open(
        self, claim: ReconcileClaim, stored: StoredReconcile, last: Window | None
    ) -> None:
        part = next_part(stored, last=last)
        if part is not None:
            self._save(claim, part)
            return
        with self.database.write() as connection:
            hold_stream(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
            save_walk(connection, claim, Progress(), walked_at=now)

    def _walk_again(
        self,
        claim: ReconcileClaim,
        progress: Progress,
        rules: StreamRules,
        done: Reconciled,
    ) -> None:
        """Save a walk that begins anew; cut its part if that keeps happening."""
        done.restarts += 1
        if progress.restarts >= PATIENT_WALKS and rules.has_update_filter:
            self._save(claim, _cut(claim, progress))
            return
        if progress.restarts < MOST_WALKS:
            self._save(claim, progress)
            return
        self._save(claim, replace(progress, restarts=0))
        raise never_adds_up(claim.stream, claim.shop_key)

    def _save(self, claim: ReconcileClaim, progress: Progress) -> None:
        with self.database.write() as connection:
            hold_stream(connection, claim.shop_key, claim.stream)
            save_walk(connection, claim, progress)


def _cut(claim: ReconcileClaim, progress: Progress) -> Progress:
    shorter = halve(progress)
    if shorter is None:
        raise cannot_be_cut(claim.stream, claim.shop_key)
    return shorter
