"""One pull: walk windows page by page until the stream is up to date or time is up.

A page's rows and the progress commit in one transaction whose first statement checks
the lease, so a worker that was taken for dead writes nothing, and `kill -9` anywhere
costs at most one page that is read again.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.calls import Work
from worker.domain.errors import LeaseLost, TooManyResults
from worker.domain.pages import Page
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.store.claims import Claim, save_progress
from worker.store.database import Database, database_now
from worker.store.history import mark_advanced
from worker.store.pages import Written
from worker.store.progress import Progress
from worker.store.streams import StoredStream, find_stream
from worker.sync.arrivals import Arrivals
from worker.sync.claimed_windows import ClaimedWindows
from worker.sync.page_reader import PageReader
from worker.sync.pages import PageOfWalk, PageTokenRefused, Source
from worker.sync.patience import is_stuck
from worker.sync.pulled import Pulled
from worker.sync.stopwatch import Stopwatch
from worker.sync.walk import Step, after_page, is_too_large
from worker.sync.windows import History, halve, window_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """Pulls one claimed stream."""

    database: Database
    gateway: Gateway
    # Stops at the next page boundary: a worker that shuts down, a deadline.
    should_stop: Callable[[], bool] = lambda: False
    on_page: Callable[[Pulled], None] = lambda _pulled: None
    # Read the next page while one is written; None: no page is read ahead.
    readers: Executor | None = None

    def pull(
        self,
        claim: Claim,
        source: Source,
        *,
        history: History,
        deadline: timedelta | None = None,
    ) -> Pulled:
        """Read windows until the stream was up to date at the moment this call began.

        The first pull of a stream cuts its history into slices and leaves them to others.

        Raises:
            MarketplaceError: the leaf says what happens next; the progress is saved.
            LeaseLost: somebody else pulls the stream now.
        """
        stored, target = self._find(claim)
        windows = ClaimedWindows(
            database=self.database,
            claim=claim,
            rules=source.rules(claim.stream),
            history=history,
            target=target,
        )
        progress, arrivals = stored.progress, Arrivals.at(stored)
        if is_stuck(progress, stored.failures, stored.last_error):
            progress = windows.begin_again(progress)
        pulled = Pulled(watermark=progress.watermark)
        with PageReader(
            source,
            self.gateway,
            claim.stream,
            work=Work.ORDERS if claim.stream is Stream.ORDERS else Work.PRODUCTS,
            clock=Stopwatch(target),
            deadline=deadline,
            readers=self.readers,
        ) as pages:
            while pages.may_read() and not self.should_stop():
                if window_of(progress) is None:
                    opened = windows.open(pulled)
                    if opened is None:
                        pulled.up_to_date = True
                        break
                    progress, arrivals = opened
                progress = self._take_page(
                    windows, source, pages, progress, arrivals, pulled
                )
        return pulled

    def _find(self, claim: Claim) -> tuple[StoredStream, datetime]:
        with self.database.read() as connection:
            stored = find_stream(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
        if stored is None:
            raise LeaseLost(f"{claim.shop_key} {claim.stream}: the shop was removed")
        return stored, now

    def _take_page(
        self,
        windows: ClaimedWindows,
        source: Source,
        pages: PageReader,
        progress: Progress,
        arrivals: Arrivals,
        pulled: Pulled,
    ) -> Progress:
        """Read one page and write it; return where to go on."""
        claim, rules = windows.claim, windows.rules
        try:
            fetched = pages.read(progress)
        except TooManyResults:
            return windows.cut(progress)
        except PageTokenRefused:
            pulled.restarts += 1
            return windows.begin_again(progress)
        page = fetched.page
        if is_too_large(progress, page, rules) and halve(progress):
            return windows.cut(progress)
        walked = after_page(progress, page, rules)
        if walked.step is Step.ON:
            pages.begin(walked.progress)
        where = PageOfWalk(
            turn=claim.lease_token,
            progress=progress,
            step=walked.step,
            fetched_at=fetched.at,
        )
        after = walked.progress
        pulled.written += self._write(claim, source, page, after, arrivals, where)
        pulled.pages += 1
        pulled.calls += max(len(page.calls), 1)
        pulled.section_total = page.total
        if walked.step is Step.COMPLETE:
            pulled.windows += 1
        elif walked.step is Step.AGAIN:
            pulled.restarts += 1
            after = windows.settle_walk(after)
        pulled.watermark = after.watermark
        self.on_page(pulled)
        return after

    def _write(
        self,
        claim: Claim,
        source: Source,
        page: Page,
        progress: Progress,
        arrivals: Arrivals,
        where: PageOfWalk,
    ) -> Written:
        """Write the page's rows with the progress behind it."""
        before = where.progress
        with self.database.write() as connection:
            save_progress(connection, claim, progress)
            now = database_now(connection)
            if progress.watermark != before.watermark:
                mark_advanced(connection, claim, now=now)
            arrivals.note_late(connection, claim, before, page, now=now)
            written = source.write(connection, claim.stream, page, now=now, where=where)
            arrivals.added += written.added
            if where.step is Step.COMPLETE:
                arrivals.learn(connection, claim, before)
        return written
