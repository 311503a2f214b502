"""One pull: walk windows page by page until the stream is up to date or time is up.

A page's rows and the progress commit in one transaction whose first statement checks
the lease, so a worker that was taken for dead writes nothing, and `kill -9` anywhere
costs at most one page that is read again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic

from worker.domain.calls import Work
from worker.domain.errors import RetryLater, TooManyResults
from worker.domain.identity import App, Shop
from worker.domain.marketplace import Marketplace
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.gateway.credentials import CredentialSource
from worker.store.database import Database, database_now
from worker.store.pages import Written, write_page, write_unreadable
from worker.store.streams import (
    Claim,
    Progress,
    find_stream,
    keep_since,
    save_progress,
    take_since,
)
from worker.sync.walk import Step, after_page, current_section, is_too_large
from worker.sync.windows import (
    History,
    halve,
    is_current,
    open_window,
    restart,
    window_of,
)

# Walks of one window that did not add up before it is cut in half.
_PATIENT_WALKS = 3
# Then a stream without windows gives up until its next turn.
_MOST_WALKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a stream comes from and who may read it."""

    marketplace: Marketplace
    app: App
    shop: Shop
    credentials: CredentialSource

    def rules(self, stream: Stream) -> StreamRules:
        """Return how the marketplace wants this stream to be read."""
        return self.marketplace.streams[stream]


@dataclass(slots=True, kw_only=True)
class Pulled:
    """What one pull did so far; also what a progress display reads."""

    written: Written = field(default_factory=Written)
    pages: int = 0
    windows: int = 0
    restarts: int = 0
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

    def pull(
        self,
        claim: Claim,
        source: Source,
        *,
        history: History,
        deadline: timedelta | None = None,
    ) -> Pulled:
        """Read windows until the stream was up to date at the moment this call began.

        Raises:
            MarketplaceError: the leaf says what happens next; the progress is saved.
            LeaseLost: somebody else pulls the stream now.
        """
        rules = source.rules(claim.stream)
        work = _work(claim)
        ends_at = None if deadline is None else monotonic() + deadline.total_seconds()
        progress, target = self._start(claim)
        pulled = Pulled(watermark=progress.watermark)
        while not (self.should_stop() or _is_over(ends_at)):
            if window_of(progress) is None:
                opened = self._open(claim, progress, rules, history, target, pulled)
                if opened is None:
                    pulled.up_to_date = True
                    break
                progress = opened
            try:
                page = self._read(claim, source, progress, rules, work)
            except TooManyResults:
                progress = self._cut(claim, progress)
                continue
            if is_too_large(progress, page, rules) and halve(progress):
                progress = self._cut(claim, progress)
                continue
            walked = after_page(progress, page, rules)
            self._write(claim, source, page, walked.progress, pulled)
            progress = walked.progress
            pulled.section_total = page.total
            if walked.step is Step.COMPLETE:
                pulled.windows += 1
            elif walked.step is Step.AGAIN:
                pulled.restarts += 1
                progress = self._settle_walk(claim, progress, rules)
            pulled.watermark = progress.watermark
            self.on_page(pulled)
        return pulled

    def _start(self, claim: Claim) -> tuple[Progress, datetime]:
        with self.database.read() as connection:
            stored = find_stream(connection, claim.shop_key, claim.stream)
            now = database_now(connection)
        return (stored.progress if stored else Progress()), now

    def _open(
        self,
        claim: Claim,
        progress: Progress,
        rules: StreamRules,
        history: History,
        target: datetime,
        pulled: Pulled,
    ) -> Progress | None:
        """Open the next window; None if there is nothing left to read in this pull."""
        with self.database.write() as connection:
            since = take_since(connection, claim)
            done = pulled.windows > 0 and is_current(progress, rules, now=target)
            if done and since is None:
                return None
            opened = open_window(
                progress,
                rules,
                history,
                now=database_now(connection),
                since=since,
            )
            save_progress(connection, claim, opened)
        return opened

    def _read(
        self,
        claim: Claim,
        source: Source,
        progress: Progress,
        rules: StreamRules,
        work: Work,
    ) -> Page:
        window = window_of(progress)
        assert window is not None  # noqa: S101 -- the caller has just opened it
        request = PageRequest(
            stream=claim.stream,
            shop=source.shop,
            window=window,
            section=current_section(progress, rules),
            cursor=progress.cursor,
        )
        return self.gateway.converse(
            source.marketplace.page(request),
            marketplace=source.marketplace,
            app=source.app,
            credentials=source.credentials,
            work=work,
        )

    def _write(
        self,
        claim: Claim,
        source: Source,
        page: Page,
        progress: Progress,
        pulled: Pulled,
    ) -> None:
        with self.database.write() as connection:
            save_progress(connection, claim, progress)
            now = database_now(connection)
            written = write_page(
                connection,
                claim.stream,
                page.records,
                marketplace=source.marketplace.name,
                shop_key=claim.shop_key,
                now=now,
            ) + write_unreadable(
                connection,
                claim.stream,
                page.unreadable,
                shop_key=claim.shop_key,
                now=now,
            )
        pulled.pages += 1
        pulled.written += written

    def _settle_walk(
        self, claim: Claim, progress: Progress, rules: StreamRules
    ) -> Progress:
        """Cut a window whose walks keep not adding up; give up where there is none to cut."""
        if progress.restarts < _PATIENT_WALKS:
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

    def _cut(self, claim: Claim, progress: Progress) -> Progress:
        shorter = halve(progress)
        if shorter is None or shorter.window_end is None:
            raise RetryLater(
                f"{claim.stream} of {claim.shop_key}",
                "one second holds more rows than the marketplace shows, or they keep changing",
            )
        with self.database.write() as connection:
            save_progress(connection, claim, shorter)
            if progress.aside:
                keep_since(connection, claim, shorter.window_end)
        return shorter


def _work(claim: Claim) -> Work:
    if claim.is_backfill:
        return Work.BACKFILL
    return Work.ORDERS if claim.stream is Stream.ORDERS else Work.PRODUCTS


def _is_over(ends_at: float | None) -> bool:
    return ends_at is not None and monotonic() >= ends_at
