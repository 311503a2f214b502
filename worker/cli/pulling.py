"""Pull streams in this process, several shops at once, until they are up to date."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from worker.cli.history import HistoryReader
from worker.cli.outcomes import Outcome
from worker.cli.patience import A_MOMENT, wait_before_next
from worker.cli.progress import ShopProgress
from worker.domain.records import Stream
from worker.runtime import Runtime, stopping
from worker.store.certificates import StoredHistory
from worker.store.pages import Written
from worker.sync.pulled import Pulled
from worker.sync.turn import Turn

# Shops at once: one mostly waits for its marketplace.
_THREADS = 4


def pull_here(
    here: Runtime, stream: Stream, shop_keys: Sequence[str], *, since: datetime | None
) -> list[Outcome]:
    """Bring one stream of these shops up to date; Ctrl-C ends it at the next page.

    Raises:
        OperatorError: one of them is not connected any more.
    """
    with (
        ShopProgress(f"{stream.value}:", shops=len(shop_keys)) as progress,
        ThreadPoolExecutor(max_workers=_THREADS) as pool,
    ):
        pulls = [_Pull(here, shop_key, stream, progress) for shop_key in shop_keys]
        running = [pool.submit(pull.run, since=since) for pull in pulls]
        try:
            return [future.result() for future in running]
        except BaseException:
            # What runs gives its lease back; what waits is not begun.
            stopping.set()
            pool.shutdown(cancel_futures=True)
            raise


@dataclass(slots=True)
class _Pull:
    """One shop's stream, over as many turns as it takes."""

    here: Runtime
    shop_key: str
    stream: Stream
    progress: ShopProgress
    watermark: datetime | None = None
    has_pages: bool = False
    last_page_at: float = 0.0
    # All turns together, and those before the one that runs.
    written: Written = field(default_factory=Written)
    written_before: Written = field(default_factory=Written)

    def run(self, *, since: datetime | None) -> Outcome:
        """Take turns until the stream is up to date, or nothing more can be done."""
        self.here.pulls.request(self.shop_key, self.stream, since=since)
        self.last_page_at = monotonic()
        while not stopping.is_set():
            turn = self._turn()
            if turn is None:
                self.progress.show(self.shop_key, now="another process pulls it")
                stopping.wait(A_MOMENT.total_seconds())
            elif turn.error is not None:
                pause = wait_before_next(
                    turn.error,
                    quiet_for=timedelta(seconds=monotonic() - self.last_page_at),
                    has_pages=self.has_pages,
                )
                if pause is None:
                    return self._outcome(str(turn.error))
                self.progress.show(self.shop_key, now=f"waits: {turn.error}")
                stopping.wait(pause.total_seconds())
            elif turn.pulled is not None and turn.pulled.up_to_date:
                self.watermark = turn.pulled.watermark
                return self._outcome(self._read_history())
        return self._outcome("stopped; the next pull goes on from here")

    def _turn(self) -> Turn | None:
        claim = self.here.pulls.claim(self.shop_key, self.stream)
        if claim is None:
            return None
        self.written_before = self.written
        # Shorter than the lease: a worker beside us must not take us for dead.
        deadline = self.here.settings.schedule.pull_deadline
        return self.here.pulls.take_turn(
            claim, deadline=deadline, on_page=self._on_page
        )

    def _read_history(self) -> str | None:
        """Read what there is of history in this process; return what stopped it."""
        before = self.written

        def show(written: Written, history: StoredHistory | None) -> None:
            self.written = before + written
            rows = self.written.rows
            if history is None:
                self.progress.show(self.shop_key, rows=rows)
                return
            left = f"{history.open} of {history.slices} slices of history left"
            self.progress.show(self.shop_key, rows=rows, share=history.share, now=left)

        return HistoryReader(self.here, self.shop_key, self.stream, on_page=show).read()

    def _on_page(self, pulled: Pulled) -> None:
        self.has_pages = True
        self.last_page_at = monotonic()
        self.watermark = pulled.watermark
        self.written = self.written_before + pulled.written
        total = pulled.section_total
        # A first pull has its history before it: only then its share means anything.
        share = min(pulled.written.rows / total, 1.0) if total else None
        self.progress.show(
            self.shop_key,
            rows=self.written.rows,
            share=None if pulled.cut_history else share,
        )

    def _outcome(self, reason: str | None) -> Outcome:
        self.progress.done(self.shop_key)
        return Outcome(
            shop_key=self.shop_key,
            watermark=self.watermark,
            written=self.written,
            reason=reason,
        )
