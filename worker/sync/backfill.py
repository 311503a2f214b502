"""Read one slice of history, beside the live pulls and the other slices.

The rows of a page and the slice's progress commit in one transaction, and so do the last
rows and "done". A slice that turns out to be large is put back as several smaller ones.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.calls import Work
from worker.domain.errors import LeaseLost, TooManyResults
from worker.domain.pages import Page, StreamRules
from worker.gateway.caller import Gateway
from worker.store.database import Database, database_now
from worker.store.holding import hold_stream
from worker.store.progress import Progress
from worker.store.slice_claims import SliceClaim
from worker.store.slice_outcomes import finish_slice, save_slice, split_slice
from worker.store.slices import find_slice
from worker.sync.page_reader import PageReader
from worker.sync.pages import PageOfWalk, PageTokenRefused, Source
from worker.sync.patience import PATIENT_WALKS, cannot_be_cut, is_stuck
from worker.sync.pulled import Pulled
from worker.sync.slices import is_uncomfortable, parts_of
from worker.sync.stopwatch import Stopwatch
from worker.sync.walk import Step, after_page, is_too_large
from worker.sync.windows import restart, window_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePuller:
    """Reads one claimed slice."""

    database: Database
    gateway: Gateway
    # Stops at the next page boundary: a worker that shuts down, a deadline.
    should_stop: Callable[[], bool] = lambda: False
    on_page: Callable[[Pulled], None] = lambda _pulled: None
    # Read the next page while one is written; None: no page is read ahead.
    readers: Executor | None = None

    def pull(
        self, claim: SliceClaim, source: Source, *, deadline: timedelta | None = None
    ) -> Pulled:
        """Read on until the slice is done or split, or time is up; then it is given back.

        Raises:
            MarketplaceError: the leaf says what happens next; the progress is saved.
            LeaseLost: somebody else reads the slice now.
        """
        pulled = Pulled()
        progress, clock = self._start(claim, pulled)
        with PageReader(
            source,
            self.gateway,
            claim.stream,
            work=Work.BACKFILL,
            clock=clock,
            deadline=deadline,
            readers=self.readers,
        ) as pages:
            while progress is not None and pages.may_read() and not self.should_stop():
                progress = self._take_page(claim, source, pages, progress, pulled)
        return pulled

    def _take_page(
        self,
        claim: SliceClaim,
        source: Source,
        pages: PageReader,
        progress: Progress,
        pulled: Pulled,
    ) -> Progress | None:
        """Read one page and write it; None: the slice is done, or split."""
        rules = source.rules(claim.stream)
        try:
            fetched = pages.read(progress)
        except TooManyResults:
            self._split(claim, progress, pulled, rows=None)
            return None
        except PageTokenRefused:
            return self._begin_again(claim, progress, pulled)
        page = fetched.page
        if _is_large(progress, page, rules) and _can_be_cut(progress):
            self._split(claim, progress, pulled, rows=page.total)
            return None
        walked = after_page(progress, page, rules)
        if walked.step is Step.ON:
            pages.begin(walked.progress)
        where = PageOfWalk(
            turn=claim.lease_token,
            progress=progress,
            step=walked.step,
            fetched_at=fetched.at,
        )
        after = None if walked.step is Step.COMPLETE else walked.progress
        self._write(claim, source, page, after, pulled, where)
        if after is None:
            pulled.up_to_date = True
        elif walked.step is Step.AGAIN:
            after = self._settle_walk(claim, after, pulled)
        self.on_page(pulled)
        return after

    def _start(
        self, claim: SliceClaim, pulled: Pulled
    ) -> tuple[Progress | None, Stopwatch]:
        with self.database.read() as connection:
            stored = find_slice(connection, claim.slice_id)
            clock = Stopwatch(database_now(connection))
        if stored is None:
            raise LeaseLost(f"{claim.shop_key} {claim.stream}: the shop was removed")
        if is_stuck(stored.progress, stored.failures, stored.last_error):
            return self._begin_again(claim, stored.progress, pulled), clock
        return stored.progress, clock

    def _write(
        self,
        claim: SliceClaim,
        source: Source,
        page: Page,
        progress: Progress | None,
        pulled: Pulled,
        where: PageOfWalk,
    ) -> None:
        """Write the page's rows with the progress behind it; None: the slice is done."""
        with self.database.write() as connection:
            # Streams are locked before slices, by everybody who locks both.
            hold_stream(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
            if progress is None:
                finish_slice(connection, claim, now=now)
            else:
                save_slice(connection, claim, progress)
            written = source.write(connection, claim.stream, page, now=now, where=where)
        pulled.pages += 1
        pulled.written += written
        pulled.section_total = page.total

    def _begin_again(
        self, claim: SliceClaim, progress: Progress, pulled: Pulled
    ) -> Progress | None:
        """Walk the slice from its first page: the token that led on is worth nothing."""
        again = restart(progress)
        with self.database.write() as connection:
            save_slice(connection, claim, again)
        return self._settle_walk(claim, again, pulled)

    def _settle_walk(
        self, claim: SliceClaim, progress: Progress, pulled: Pulled
    ) -> Progress | None:
        """Split a slice whose walks keep not adding up; None: it was split."""
        pulled.restarts += 1
        if progress.restarts < PATIENT_WALKS:
            return progress
        self._split(claim, progress, pulled, rows=0)
        return None

    def _split(
        self,
        claim: SliceClaim,
        progress: Progress,
        pulled: Pulled,
        *,
        rows: int | None,
    ) -> None:
        """Put smaller slices in its place; `rows` is how many it holds, None: too many."""
        window = window_of(progress)
        parts = [] if window is None else parts_of(window, rows)
        if len(parts) < 2:  # noqa: PLR2004 -- one part is the whole
            raise cannot_be_cut(claim.stream, claim.shop_key)
        with self.database.write() as connection:
            split_slice(connection, claim, parts, now=database_now(connection))
        pulled.splits += 1


def _is_large(progress: Progress, page: Page, rules: StreamRules) -> bool:
    return is_uncomfortable(progress, page, rules) or is_too_large(
        progress, page, rules
    )


def _can_be_cut(progress: Progress) -> bool:
    window = window_of(progress)
    return window is not None and len(parts_of(window, 0)) > 1
