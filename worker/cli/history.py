"""Read the slices of one stream's history in this process, several at once."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Protocol

from worker.cli.patience import A_MOMENT, wait_before_next
from worker.domain.records import Stream
from worker.runtime import Runtime, stopping
from worker.store.certificates import StoredHistory, all_histories
from worker.store.pages import Written
from worker.store.slice_claims import SliceClaim
from worker.sync.pulled import Pulled
from worker.sync.turn import Turn

_STOPPED = "stopped; the next pull goes on from here"


class OnPage(Protocol):
    """Is told after each page; from several threads, but one at a time."""

    def __call__(self, written: Written, history: StoredHistory | None) -> None:
        """Show what was written so far, and how much of the history is left."""


class HistoryReader:
    """Reads until no slice of the stream is left; others may read along."""

    def __init__(
        self, here: Runtime, shop_key: str, stream: Stream, *, on_page: OnPage
    ) -> None:
        self._here = here
        self._shop_key = shop_key
        self._stream = stream
        self._on_page = on_page
        self._lock = Lock()
        self._done = Written()
        self._running: dict[int, Written] = {}
        self._known: StoredHistory | None = None
        self._has_pages = False
        self._last_page_at = monotonic()

    def read(self) -> str | None:
        """Return what stopped it; None: all history is here."""
        readers = self._here.slices.readers_of(self._shop_key)
        running: set[Future[Turn]] = set()
        reason: str | None = None
        with ThreadPoolExecutor(max_workers=readers) as pool:
            while not stopping.is_set():
                self._known = self._history()
                left = self._known.open if self._known else 0
                if reason is not None or not (left or running):
                    break
                claims = self._here.slices.claim_of(
                    self._shop_key, self._stream, limit=readers - len(running)
                )
                running |= {pool.submit(self._take_turn, claim) for claim in claims}
                if not running:
                    # Another process has them all.
                    stopping.wait(A_MOMENT.total_seconds())
                    continue
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                reason = self._settle(ended)
        return reason if reason or not stopping.is_set() else _STOPPED

    def _history(self) -> StoredHistory | None:
        with self._here.database.read() as connection:
            histories = all_histories(connection, shop_key=self._shop_key)
        return histories.get((self._shop_key, self._stream))

    def _take_turn(self, claim: SliceClaim) -> Turn:
        def count(pulled: Pulled) -> None:
            with self._lock:
                self._has_pages = True
                self._last_page_at = monotonic()
                self._running[claim.slice_id] = pulled.written
                self._on_page(self._written(), self._known)

        turn = self._here.slices.take_turn(
            claim,
            # Shorter than the lease: a worker beside us must not take us for dead.
            deadline=self._here.settings.schedule.pull_deadline,
            on_page=count,
        )
        with self._lock:
            self._done += self._running.pop(claim.slice_id, Written())
        return turn

    def _written(self) -> Written:
        return sum(self._running.values(), self._done)

    def _settle(self, ended: set[Future[Turn]]) -> str | None:
        """Wait as long as the worst of the turns that ended asks for, or give up."""
        pauses = [timedelta(0)]
        for future in ended:
            error = future.result().error
            if error is None:
                continue
            pause = wait_before_next(
                error,
                quiet_for=timedelta(seconds=monotonic() - self._last_page_at),
                has_pages=self._has_pages,
            )
            if pause is None:
                return str(error)
            pauses.append(pause)
        stopping.wait(max(pauses).total_seconds())
        return None
