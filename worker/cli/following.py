"""Follow pulls that workers do, by what they write into the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from worker.cli.outcomes import Outcome
from worker.cli.printing import note
from worker.cli.progress import ShopProgress
from worker.domain.records import Stream
from worker.store.certificates import StoredHistory, all_histories
from worker.store.database import Database, database_now
from worker.store.page_reads import newest_page_read, rows_read_after
from worker.store.streams import StoredStream, all_streams

_LOOK_EVERY = 0.5  # seconds
# So long without a sign of life, and the person learns what may be missing.
_WONDER_AFTER = 20  # looks

_NEVER = Event()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One stream at one moment; `history` None: it was not cut."""

    stream: StoredStream
    history: StoredHistory | None = None


Rows = Mapping[str, Sighting]


class Follower:
    """Knows how the streams were before the work was asked for."""

    def __init__(
        self, database: Database, stream: Stream, shop_keys: Sequence[str]
    ) -> None:
        self._database = database
        self._stream = stream
        self._shop_keys = shop_keys
        self._before = self._rows()
        with database.read() as connection:
            self._began_at = database_now(connection)
            self._last_read = newest_page_read(connection)

    def follow(self, *, wait: Callable[[float], object] = _NEVER.wait) -> list[Outcome]:
        """Return how each stream came out, once all did."""
        outcomes: dict[str, Outcome] = {}
        quiet_looks = 0
        with ShopProgress(f"{self._stream.value}:", shops=len(self._before)) as shown:
            rows: Rows = self._before
            while True:
                last, rows = rows, self._rows()
                read = self._rows_read()
                for key in self._shop_keys:
                    if key in outcomes:
                        continue
                    row = rows.get(key)
                    outcome = verdict(key, self._before[key], row, since=self._began_at)
                    if outcome is not None:
                        outcomes[key] = outcome
                        shown.done(key)
                    elif row is not None:
                        _show(shown, row, rows=read.get(key, 0))
                if len(outcomes) == len(self._shop_keys):
                    return [outcomes[key] for key in self._shop_keys]
                quiet_looks = quiet_looks + 1 if rows == last else 0
                if quiet_looks == _WONDER_AFTER:
                    note("nothing moves; is a worker running? `sellersync up` is one")
                wait(_LOOK_EVERY)

    def _rows_read(self) -> Mapping[str, int]:
        with self._database.read() as connection:
            return rows_read_after(connection, self._last_read, self._stream)

    def _rows(self) -> Rows:
        with self._database.read() as connection:
            found = all_streams(connection)
            histories = all_histories(connection)
        return {
            row.shop_key: Sighting(row, histories.get((row.shop_key, row.stream)))
            for row in found
            if row.stream is self._stream
        }


def verdict(
    shop_key: str, before: Sighting, now: Sighting | None, *, since: datetime
) -> Outcome | None:
    """Return how a stream came out since a moment; None: it is still to be done."""
    if now is None:
        return Outcome(
            shop_key=shop_key, watermark=None, reason="the shop has been removed"
        )
    watermark = now.stream.progress.watermark
    trouble = _trouble(before.stream, now.stream)
    if trouble is None and now.history is not None:
        trouble = _trouble(before.history, now.history)
    if trouble is not None:
        return Outcome(shop_key=shop_key, watermark=watermark, reason=trouble)
    last = now.stream.last_success_at
    succeeded = last is not None and last > since
    # Something to read again is left: that success was of an earlier pull.
    if not succeeded or now.stream.since is not None:
        return None
    # Live pulls go on; the command is done when history is here, too.
    if now.history is not None and now.history.open:
        return None
    return Outcome(shop_key=shop_key, watermark=watermark)


def _trouble(
    before: StoredStream | StoredHistory | None, now: StoredStream | StoredHistory
) -> str | None:
    """Return what failed meanwhile."""
    failures, error = (before.failures, before.last_error) if before else (0, None)
    if now.failures > failures or (
        now.last_error is not None and now.last_error != error
    ):
        return now.last_error or "the pull failed"
    return None


def _show(shown: ShopProgress, seen: Sighting, *, rows: int) -> None:
    progress, history = seen.stream.progress, seen.history
    now, share = "", None
    if history is not None and history.open:
        now = f"{history.open} of {history.slices} slices of history left"
        share = history.share
    elif not seen.stream.lease_token:
        now = "waits for a worker"
    elif progress.rows_total:
        share = min(progress.rows_seen / progress.rows_total, 1.0)
    shown.show(seen.stream.shop_key, rows=rows, share=share, now=now)
