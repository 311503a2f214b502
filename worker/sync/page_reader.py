"""The pages of a walk, each read while the one before it is being written.

A pull waits for the marketplace and for the database in turn, and both take time in which
this process has nothing else to do. A page that was read ahead and is not wanted after all
costs one call: when the process stops, or when a write fails.
"""

from concurrent.futures import Executor, Future
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from worker.domain.calls import Work
from worker.domain.pages import Page
from worker.domain.records import Stream
from worker.gateway.caller import Gateway
from worker.store.progress import Progress
from worker.sync.pages import Source
from worker.sync.stopwatch import Stopwatch, end_of, is_over


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page, and the database's time before it was asked for."""

    page: Page
    at: datetime


class PageReader:
    """Reads the pages of one turn; without `readers` none is read ahead."""

    def __init__(
        self,
        source: Source,
        gateway: Gateway,
        stream: Stream,
        *,
        work: Work,
        clock: Stopwatch,
        deadline: timedelta | None,
        readers: Executor | None,
    ) -> None:
        self._source = source
        self._gateway = gateway
        self._stream = stream
        self._work = work
        self._clock = clock
        self._readers = readers
        self._ends_at = end_of(deadline)
        self._coming: tuple[Progress, Future[Fetched]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Nobody waits for a page that nobody wants.
        if self._coming is not None:
            self._coming[1].cancel()

    def may_read(self) -> bool:
        """Whether time is left for a page, or one is under way that would be wasted."""
        return self._coming is not None or not is_over(self._ends_at)

    def read(self, progress: Progress) -> Fetched:
        """Return the page that a walk has come to.

        Raises:
            PageTokenRefused: the walk begins again.
            TooManyResults: the window holds more than the endpoint will ever show.
            MarketplaceError: the leaf says what happens next.
        """
        coming, self._coming = self._coming, None
        if coming is not None and coming[0] == progress:
            return coming[1].result()
        return self._fetch(progress)

    def begin(self, progress: Progress) -> None:
        """Read ahead the page that will be wanted at this progress."""
        if self._readers is not None and not is_over(self._ends_at):
            run = copy_context().run
            self._coming = progress, self._readers.submit(run, self._fetch, progress)

    def _fetch(self, progress: Progress) -> Fetched:
        at = self._clock.now()
        page = self._source.read(self._gateway, self._stream, progress, work=self._work)
        return Fetched(page, at)
