"""Follow pulls that workers do, by what they write into the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Event

from worker.cli.outcomes import Outcome
from worker.cli.printing import note
from worker.cli.progress import ShopProgress
from worker.domain.records import Stream
from worker.store.database import Database, database_now
from worker.store.streams import StoredStream, all_streams

_LOOK_EVERY = 0.5  # seconds
# So long without a sign of life, and the person learns what may be missing.
_WONDER_AFTER = 20  # looks

_NEVER = Event()

Rows = Mapping[str, StoredStream]


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

    def follow(self, *, wait: Callable[[float], object] = _NEVER.wait) -> list[Outcome]:
        """Return how each stream came out, once all did."""
        outcomes: dict[str, Outcome] = {}
        quiet_looks = 0
        with ShopProgress(f"{self._stream.value}:", shops=len(self._before)) as shown:
            rows: Rows = self._before
            while True:
                last, rows = rows, self._rows()
                for key in self._shop_keys:
                    if key in outcomes:
                        continue
                    row = rows.get(key)
                    outcome = verdict(key, self._before[key], row, since=self._began_at)
                    if outcome is not None:
                        outcomes[key] = outcome
                        shown.done(key)
                    elif row is not None:
                        _show(shown, row)
                if len(outcomes) == len(self._shop_keys):
                    return [outcomes[key] for key in self._shop_keys]
                quiet_looks = quiet_looks + 1 if rows == last else 0
                if quiet_looks == _WONDER_AFTER:
                    note("nothing moves; is a worker running? `sellersync up` is one")
                wait(_LOOK_EVERY)

    def _rows(self) -> Rows:
        with self._database.read() as connection:
            found = all_streams(connection)
        return {row.shop_key: row for row in found if row.stream is self._stream}


def verdict(
    shop_key: str, before: StoredStream, now: StoredStream | None, *, since: datetime
) -> Outcome | None:
    """Return how a stream came out since a moment; None: it is still to be done."""
    if now is None:
        return Outcome(
            shop_key=shop_key, watermark=None, reason="the shop has been removed"
        )
    watermark = now.progress.watermark
    if now.failures > before.failures or (
        now.last_error is not None and now.last_error != before.last_error
    ):
        reason = now.last_error or "the pull failed"
        return Outcome(shop_key=shop_key, watermark=watermark, reason=reason)
    succeeded = now.last_success_at is not None and now.last_success_at > since
    # Something to read again is left: that success was of an earlier pull.
    if succeeded and now.since is None:
        return Outcome(shop_key=shop_key, watermark=watermark)
    return None


def _show(shown: ShopProgress, row: StoredStream) -> None:
    progress = row.progress
    shown.show(
        row.shop_key,
        rows=progress.rows_seen,
        total=progress.rows_total,
        watermark=progress.watermark,
        now="" if row.lease_token else "waits for a worker",
    )
