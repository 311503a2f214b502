"""Looks: read by id what a marketplace told us of, ahead of the polls.

What it told is a hint. The record is asked for and written like one of any other page, so
an old, doubled or forged hint changes nothing that is not true.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.errors import (
    BudgetExhausted,
    LeaseLost,
    SellersyncError,
)
from worker.domain.marketplace import Conversation
from worker.domain.notifications import Kind
from worker.domain.pages import Page
from worker.domain.records import Record, Stream
from worker.gateway.caller import Gateway
from worker.store.database import Database, database_now
from worker.store.holding import hold_stream
from worker.store.notifications import (
    StoredNotification,
    give_back_notifications,
    mark_handled,
)
from worker.store.page_reads import PageRead, log_page_read
from worker.store.pages import Written, write_page
from worker.sync.page_calls import PageCalls
from worker.sync.pages import Source
from worker.sync.setbacks import SETBACKS, Verdict, weigh

STREAMS = {Kind.ORDER: Stream.ORDERS, Kind.PRODUCT: Stream.PRODUCTS}
# Asked for at once; what one call of a marketplace takes is its own matter.
_BATCH = 50
# The polls bring it then; a hint must not be tried for ever.
_MOST_FAILURES = 6
_LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of a look."""

    notifications: int
    records: int = 0
    written: Written = field(default_factory=Written)
    outcome: str = "read"
    error: SellersyncError | None = None

    def facts(self) -> dict[str, object]:
        """Return what a log line tells of it."""
        return {
            "outcome": self.outcome,
            "notifications": self.notifications,
            "records": self.records,
            "added": self.written.added,
            "updated": self.written.updated,
            "unchanged": self.written.unchanged,
            "reason": str(self.error) if self.error else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Reads what notifications are about."""

    database: Database
    gateway: Gateway
    # The token of the lease.
    token: str
    deadline: timedelta
    should_stop: Callable[[], bool] = lambda: False

    def look(
        self,
        stream: Stream,
        taken: Sequence[StoredNotification],
        source: Source,
        *,
        stands: Verdict,
    ) -> Looked:
        """Read all records that these notifications name, and mark them handled."""
        ends_at = monotonic() + self.deadline.total_seconds()
        looked = Looked(notifications=len(taken))
        left = list(taken)
        for batch in _batches(taken):
            if self.should_stop() or monotonic() > ends_at:
                break
            try:
                looked = _sum(looked, self._read(stream, batch, source))
            except LeaseLost as error:
                return replace(looked, outcome="lost", error=error)
            except SETBACKS as error:
                return self._put_off(looked, left, error, stands)
            left = left[len(batch) :]
        if left:
            with self.database.write() as connection:
                now = database_now(connection)
                give_back_notifications(
                    connection, _numbers(left), token=self.token, due_at=now
                )
            return replace(looked, outcome="continues")
        return looked

    def _read(
        self, stream: Stream, batch: Sequence[StoredNotification], source: Source
    ) -> Looked:
        with self.database.read() as connection:
            fetched_at = database_now(connection)
        ids = tuple(dict.fromkeys(each for one in batch for each in one.record_ids))
        calls = PageCalls(source.marketplace)
        page = self.gateway.converse(
            calls.of(_as_page(_asked(source, stream, ids))),
            marketplace=source.marketplace,
            app=source.app,
            credentials=source.credentials,
            work=Work.WEBHOOK,
            before_reading=calls.note,
        )
        with self.database.write() as connection:
            written = self._write(connection, stream, batch, source, page, fetched_at)
        return Looked(notifications=0, records=len(page.records), written=written)

    def _write(
        self,
        connection: Connection,
        stream: Stream,
        batch: Sequence[StoredNotification],
        source: Source,
        page: Page,
        fetched_at: datetime,
    ) -> Written:
        """Write rows and marks in one transaction."""
        shop_key = source.shop.shop_key
        # First, as whoever removes a shop does it too.
        hold_stream(connection, shop_key, stream)
        now = database_now(connection)
        mark_handled(
            connection, _numbers(batch), token=self.token, now=now, outcome="read"
        )
        read_id = log_page_read(
            connection,
            PageRead(
                shop_key=shop_key,
                stream=stream,
                turn=self.token,
                window_start=None,
                window_end=None,
                section="webhook",
                seen_before=0,
                step="looked",
                rows=len(page.records),
                total=None,
                calls=page.calls,
                milliseconds=page.milliseconds,
            ),
            now=now,
        )
        return write_page(
            connection,
            stream,
            page.records,
            marketplace=source.marketplace.name,
            shop_key=shop_key,
            now=now,
            read_id=read_id,
            fetched_at=fetched_at,
        )

    def _put_off(
        self,
        looked: Looked,
        left: Sequence[StoredNotification],
        error: SellersyncError,
        stands: Verdict,
    ) -> Looked:
        """Look again later; not at all if the seller must act first, or it failed too often."""
        failures = max(each.failures for each in left)
        with self.database.write() as connection:
            now = database_now(connection)
            setback = weigh(
                error,
                failures=failures,
                previous=None,
                now=now,
                stands=lambda: stands(connection, error, now),
            )
            gives_up = setback.next_run_at is None or failures >= _MOST_FAILURES
            if gives_up:
                # The polls read it, once they run again: their windows lose nothing.
                outcome = f"left to the pulls: {type(error).__name__}"
                mark_handled(
                    connection,
                    _numbers(left),
                    token=self.token,
                    now=now,
                    outcome=outcome,
                )
            else:
                assert setback.next_run_at is not None  # noqa: S101 -- see `gives_up`
                give_back_notifications(
                    connection,
                    _numbers(left),
                    token=self.token,
                    due_at=min(setback.next_run_at, now + _LONGEST_WAIT),
                    failures=int(setback.is_failure),
                    last_error=setback.last_error,
                )
        waits = isinstance(error, BudgetExhausted)
        outcome = "left_to_pulls" if gives_up else "waits" if waits else "put_off"
        return replace(looked, outcome=outcome, error=error)


def _asked(
    source: Source, stream: Stream, ids: tuple[str, ...]
) -> Conversation[Sequence[Record]]:
    asked: Any = (
        source.marketplace.orders(source.shop, ids)
        if stream is Stream.ORDERS
        else source.marketplace.products(source.shop, ids)
    )
    found: Conversation[Sequence[Record]] = asked
    return found


def _as_page(asked: Conversation[Sequence[Record]]) -> Conversation[Page]:
    """Hold the same conversation; what it finds is logged like a page."""
    found = yield from asked
    return Page(records=tuple(found), next_cursor=None)


def _batches(
    taken: Sequence[StoredNotification],
) -> Iterator[list[StoredNotification]]:
    """Put together notifications that name few enough records for one question."""
    batch: list[StoredNotification] = []
    ids: set[str] = set()
    for one in taken:
        if batch and len(ids | {*one.record_ids}) > _BATCH:
            yield batch
            batch, ids = [], set()
        batch.append(one)
        ids |= {*one.record_ids}
    if batch:
        yield batch


def _numbers(some: Sequence[StoredNotification]) -> list[int]:
    return [one.id for one in some]


def _sum(looked: Looked, more: Looked) -> Looked:
    return replace(
        looked,
        records=looked.records + more.records,
        written=looked.written + more.written,
    )
