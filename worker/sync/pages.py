"""One page: read it from the marketplace, write its rows; the same for live and history."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.errors import CallRejected
from worker.domain.identity import App, Shop
from worker.domain.marketplace import Marketplace
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.gateway.credentials import CredentialSource
from worker.store.page_reads import PageRead, log_page_read
from worker.store.pages import Written, write_page, write_unreadable
from worker.store.progress import Progress
from worker.sync.page_calls import PageCalls
from worker.sync.walk import Step, current_section
from worker.sync.windows import window_of


class PageTokenRefused(Exception):
    """The marketplace does not know the page token (any more): begin the walk again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfWalk:
    """Whose page it is, and where in which walk; for the log of page reads."""

    # The token of the lease.
    turn: str
    # How far the walk was before the page.
    progress: Progress
    # What the page led to.
    step: Step
    # By the database's clock, and before the page was asked for.
    fetched_at: datetime

    def read(
        self, page: Page, shop_key: str, stream: Stream, rules: StreamRules
    ) -> PageRead:
        """Return what the log keeps of the page."""
        return PageRead(
            shop_key=shop_key,
            stream=stream,
            turn=self.turn,
            window_start=self.progress.window_start,
            window_end=self.progress.window_end,
            section=current_section(self.progress, rules),
            seen_before=self.progress.rows_seen,
            step=self.step.value,
            rows=len(page.records) + len(page.unreadable),
            total=page.total,
            calls=page.calls,
            milliseconds=page.milliseconds,
        )


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

    def read(
        self, gateway: Gateway, stream: Stream, progress: Progress, *, work: Work
    ) -> Page:
        """Read the page that a walk has come to.

        Raises:
            PageTokenRefused: a page behind the first one was refused as a wrong request;
                no marketplace of ours documents how an expired token is answered.
            MarketplaceError: the leaf says what happens next.
        """
        window = window_of(progress)
        assert window is not None  # noqa: S101 -- a walk has a window
        request = PageRequest(
            stream=stream,
            shop=self.shop,
            window=window,
            section=current_section(progress, self.rules(stream)),
            cursor=progress.cursor,
        )
        calls = PageCalls(self.marketplace)
        try:
            return gateway.converse(
                calls.of(self.marketplace.page(request)),
                marketplace=self.marketplace,
                app=self.app,
                credentials=self.credentials,
                work=work,
                before_reading=calls.note,
            )
        except CallRejected:
            if progress.cursor is None:
                raise
            raise PageTokenRefused from None

    def write(
        self,
        connection: Connection,
        stream: Stream,
        page: Page,
        *,
        now: datetime,
        where: PageOfWalk,
    ) -> Written:
        """Write the rows of a page, and that it was read.

        Raises:
            LeaseLost: the shop was removed meanwhile.
        """
        shop_key = self.shop.shop_key
        read = where.read(page, shop_key, stream, self.rules(stream))
        read_id = log_page_read(connection, read, now=now)
        unreadable = write_unreadable(
            connection,
            stream,
            page.unreadable,
            shop_key=shop_key,
            now=now,
            read_id=read_id,
        )
        # Last, as it ends with the feed, for which all other writers wait meanwhile.
        written = write_page(
            connection,
            stream,
            page.records,
            marketplace=self.marketplace.name,
            shop_key=shop_key,
            now=now,
            read_id=read_id,
            fetched_at=where.fetched_at,
        )
        return written + unreadable
