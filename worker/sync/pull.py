"""One pull: walk windows page by page until the stream is up to date or time is up.

A page's rows and the progress commit in one transaction whose first statement checks
the lease, so a worker that was taken for dead writes nothing, and `kill -9` anywhere
costs at most one page that is read again.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.domain.calls import Work
from worker.domain.errors import LeaseLost, RetryLater, TooManyResults
from worker.domain.pages import Page, StreamRules
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.store.claims import Claim, keep_since, save_progress, take_since
from worker.store.database import Database, database_now
from worker.store.history import cut_history, mark_advanced
from worker.store.pages import Written
from worker.store.progress import Progress
from worker.store.streams import StoredStream, find_stream
from worker.sync.arrivals import Arrivals
from worker.sync.lateness import overlap_after
from worker.sync.page_reader import PageReader
from worker.sync.pages import PageOfWalk, PageTokenRefused, Source
from worker.sync.slices import first_slice
from worker.sync.stopwatch import Stopwatch
from worker.sync.walk import Step, after_page, is_too_large
from worker.sync.windows import (
    History,
    closing,
    halve,
    is_current,
    open_window,
    restart,
    window_of,
)

# Walks of one window that did not add up before it is cut in half.
PATIENT_WALKS = 3
# Turns that failed at the same page before its token is given up.
PATIENT_TURNS = 3
# Then a stream without windows gives up until its next turn.
_MOST_WALKS = 6


@dataclass(slots=True, kw_only=True)
class Pulled:
    """What one pull did so far; also what a progress display reads."""

    written: Written = field(default_factory=Written)
    pages: int = 0
    # What they took from the budget.
    calls: int = 0
    windows: int = 0
    restarts: int = 0
    # Times that a slice of history was put back as several smaller ones.
    splits: int = 0
    # The stream's history was cut: slices wait for readers.
    cut_history: bool = False
    # False: stopped at a page boundary because time was up.
    up_to_date: bool = False
    watermark: datetime | None = None
    # Rows that the marketplace counts in the section being read.
    section_total: int | None = None


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
        rules = source.rules(claim.stream)
        progress, arrivals, target = self._start(claim, rules)
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
                    opened = self._open(claim, rules, history, target, pulled)
                    if opened is None:
                        pulled.up_to_date = True
                        break
                    progress, arrivals = opened
                progress = self._take_page(
                    claim, source, pages, progress, arrivals, pulled
                )
        return pulled

    def _take_page(
        self,
        claim: Claim,
        source: Source,
        pages: PageReader,
        progress: Progress,
        arrivals: Arrivals,
        pulled: Pulled,
    ) -> Progress:
        """Read one page and write it; return where to go on."""
        rules = source.rules(claim.stream)
        try:
            fetched = pages.read(progress)
        except TooManyResults:
            return self._cut(claim, progress)
        except PageTokenRefused:
            pulled.restarts += 1
            return self._begin_again(claim, progress, rules)
        page = fetched.page
        if is_too_large(progress, page, rules) and halve(progress):
            return self._cut(claim, progress)
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
            after = self._settle_walk(claim, after, rules)
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

    def _start(
        self, claim: Claim, rules: StreamRules
    ) -> tuple[Progress, Arrivals, datetime]:
        with self.database.read() as connection:
            stored = find_stream(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
        if stored is None:
            raise LeaseLost(f"{claim.shop_key} {claim.stream}: the shop was removed")
        progress = stored.progress
        if is_stuck(progress, stored.failures, stored.last_error):
            progress = self._begin_again(claim, progress, rules)
        return progress, Arrivals.at(stored), now

    def _open(
        self,
        claim: Claim,
        rules: StreamRules,
        history: History,
        target: datetime,
        pulled: Pulled,
    ) -> tuple[Progress, Arrivals] | None:
        """Open the next window; None if there is nothing left to read in this pull."""
        with self.database.write() as connection:
            since = take_since(connection, claim)
            stored = find_stream(connection, claim.shop_key, claim.stream)
            assert stored is not None  # noqa: S101 -- its row is locked by us
            progress = stored.progress
            done = pulled.windows > 0 and is_current(progress, rules, now=target)
            if done and since is None:
                return None
            now = database_now(connection)
            live_from = stored.live_from
            if rules.has_update_filter and _is_new(stored):
                live_from = closing(rules, now=now)
                window = first_slice(live_from, history)
                cut_history(connection, claim, window, now=now)
                pulled.cut_history = True
            opened = open_window(
                progress,
                rules,
                now=now,
                since=since,
                live_from=live_from,
                overlap=overlap_after(stored.lateness, floor=rules.overlap),
            )
            save_progress(connection, claim, opened)
        return opened, Arrivals(lateness=stored.lateness, live_from=live_from)

    def _settle_walk(
        self, claim: Claim, progress: Progress, rules: StreamRules
    ) -> Progress:
        """Cut a window whose walks keep not adding up; give up where there is none to cut."""
        if progress.restarts < PATIENT_WALKS:
            return progress
        if rules.has_update_filter:
            return self._cut(claim, progress)
        if progress.restarts < _MOST_WALKS:
            return progress
        with self.database.write() as connection:
            save_progress(connection, claim, replace(restart(progress), restarts=0))
        raise RetryLater(
            f"{claim.stream} of {claim.shop_key}",
            "the rows keep changing while they are read",
        )

    def _begin_again(
        self, claim: Claim, progress: Progress, rules: StreamRules
    ) -> Progress:
        """Walk the window from its first page: the token that led on is worth nothing."""
        again = restart(progress)
        with self.database.write() as connection:
            save_progress(connection, claim, again)
        return self._settle_walk(claim, again, rules)

    def _cut(self, claim: Claim, progress: Progress) -> Progress:
        shorter = halve(progress)
        if shorter is None or shorter.window_end is None:
            raise cannot_be_cut(claim.stream, claim.shop_key)
        with self.database.write() as connection:
            save_progress(connection, claim, shorter)
            if progress.aside:
                keep_since(connection, claim, shorter.window_end)
        return shorter


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


def _is_new(stored: StoredStream) -> bool:
    """Whether nothing of a stream was read yet, nor its history cut."""
    return stored.progress.watermark is None and stored.live_from is None
