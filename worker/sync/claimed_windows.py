"""The windows of a claimed stream: opened, begun again, and cut, while the claim holds."""

from dataclasses import dataclass, replace
from datetime import datetime

from worker.domain.pages import StreamRules
from worker.store.claims import Claim, keep_since, save_progress, take_since
from worker.store.database import Database, database_now
from worker.store.history import cut_history
from worker.store.progress import Progress
from worker.store.streams import StoredStream, find_stream
from worker.sync.arrivals import Arrivals
from worker.sync.lateness import overlap_after
from worker.sync.patience import (
    MOST_WALKS,
    PATIENT_WALKS,
    cannot_be_cut,
    never_adds_up,
)
from worker.sync.pulled import Pulled
from worker.sync.slices import first_slice
from worker.sync.windows import (
    History,
    closing,
    halve,
    is_current,
    open_window,
    restart,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedWindows:
    """The windows of one stream; all of it raises `LeaseLost` when somebody else has it."""

    database: Database
    claim: Claim
    rules: StreamRules
    history: History
    # A stream that was read up to here is up to date.
    target: datetime

    def open(self, pulled: Pulled) -> tuple[Progress, Arrivals] | None:
        """Open the next window; None if there is nothing left to read in this pull."""
        claim, rules = self.claim, self.rules
        with self.database.write() as connection:
            since = take_since(connection, claim)
            stored = find_stream(connection, claim.shop_key, claim.stream)
            assert stored is not None  # noqa: S101 -- its row is locked by us
            progress = stored.progress
            done = pulled.windows > 0 and is_current(progress, rules, now=self.target)
            if done and since is None:
                return None
            now = database_now(connection)
            live_from = stored.live_from
            if rules.has_update_filter and _is_new(stored):
                live_from = closing(rules, now=now)
                window = first_slice(live_from, self.history)
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

    def begin_again(self, progress: Progress) -> Progress:
        """Walk the window from its first page: the token that led on is worth nothing.

        Raises:
            RetryLater: it was begun again too often.
        """
        again = restart(progress)
        with self.database.write() as connection:
            save_progress(connection, self.claim, again)
        return self.settle_walk(again)

    def settle_walk(self, progress: Progress) -> Progress:
        """Cut a window whose walks keep not adding up.

        Raises:
            RetryLater: there is none to cut, and it was walked often enough.
        """
        claim = self.claim
        if progress.restarts < PATIENT_WALKS:
            return progress
        if self.rules.has_update_filter:
            return self.cut(progress)
        if progress.restarts < MOST_WALKS:
            return progress
        with self.database.write() as connection:
            save_progress(connection, claim, replace(restart(progress), restarts=0))
        raise never_adds_up(claim.stream, claim.shop_key)

    def cut(self, progress: Progress) -> Progress:
        """Walk the older half of a window first.

        Raises:
            RetryLater: it is too short for that.
        """
        claim = self.claim
        shorter = halve(progress)
        if shorter is None or shorter.window_end is None:
            raise cannot_be_cut(claim.stream, claim.shop_key)
        with self.database.write() as connection:
            save_progress(connection, claim, shorter)
            if progress.aside:
                keep_since(connection, claim, shorter.window_end)
        return shorter


def _is_new(stored: StoredStream) -> bool:
    """Whether nothing of a stream was read yet, nor its history cut."""
    return stored.progress.watermark is None and stored.live_from is None
