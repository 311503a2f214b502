"""The rows that a live window adds: how many, and how late those were that came late."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from worker.domain.pages import Page
from worker.store.claims import Claim
from worker.store.lateness import save_lateness, unknown_ids
from worker.store.progress import Progress
from worker.store.streams import StoredStream
from worker.sync.lateness import Counts, observe


@dataclass(slots=True, kw_only=True)
class Arrivals:
    """What one window has added so far; lost by a kill, which costs only knowledge."""

    # What the stream has learned before.
    lateness: Counts = ()
    # What the slices of history have not brought yet is not late.
    live_from: datetime | None = None
    added: int = 0
    late: list[timedelta] = field(default_factory=list)

    @classmethod
    def at(cls, stored: StoredStream) -> "Arrivals":
        """Return those of a window that begins, or goes on after a pause."""
        return cls(lateness=stored.lateness, live_from=stored.live_from)

    def note_late(
        self,
        connection: Connection,
        claim: Claim,
        progress: Progress,
        page: Page,
        *,
        now: datetime,
    ) -> None:
        """Find the rows that an earlier window should have shown; before they are written."""
        watermark = progress.watermark
        if watermark is None or progress.aside:
            return
        updated_at = {
            record.record_id: record.updated_at
            for record in page.records
            if record.updated_at is not None
            and record.updated_at <= watermark
            and (self.live_from is None or record.updated_at > self.live_from)
        }
        fresh = unknown_ids(connection, claim.stream, claim.shop_key, updated_at)
        self.late += [now - updated_at[record_id] for record_id in fresh]

    def learn(self, connection: Connection, claim: Claim, progress: Progress) -> None:
        """Save what the window has taught, in the transaction that completes it."""
        if self.added and not progress.aside:
            counts = observe(self.lateness, added=self.added, late=self.late)
            save_lateness(connection, claim, counts)
