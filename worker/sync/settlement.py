"""The end of a pass: ask by id for what is missing, and let go what is gone.

A record that a complete walk did not show may have moved, or the list may lie. So nothing
is deleted before the marketplace was asked for it by its id, and not many at once before
an operator has said yes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from worker.domain.calls import Work
from worker.domain.records import Record, Stream
from worker.gateway.caller import Gateway
from worker.store.database import Database, database_now
from worker.store.deletions import delete_products
from worker.store.events import record_event
from worker.store.holding import hold_stream
from worker.store.missing import (
    count_held,
    count_missing,
    forget_missing,
    forget_moved,
    gone_records,
    mark_gone,
    missing_to_ask,
)
from worker.store.pages import write_page
from worker.store.reconcile_claims import ReconcileClaim, finish_pass, update_owned
from worker.store.reconciles import StoredReconcile, find_reconcile
from worker.store.streams import find_stream
from worker.sync.absence import needs_confirmation
from worker.sync.pages import Source

# Asked for at once; what one call of a marketplace takes is its own matter.
_BATCH = 50
# Named in an event; the rest is in the table `missing_records`.
_EXAMPLES = 20

# What is told when too many are missing to be believed.
_MANY = {
    Stream.ORDERS: "orders_missing",
    Stream.PRODUCTS: "deletions_withheld",
}


class Settling(StrEnum):
    """What one step of the settlement led to."""

    # The live pulls must come further first: they may bring what seems to be missing.
    WAITS = "waits"
    ON = "on"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Settles what a complete walk found missing."""

    database: Database
    gateway: Gateway

    def settle(
        self,
        claim: ReconcileClaim,
        source: Source,
        stored: StoredReconcile,
        *,
        now: datetime,
    ) -> Settling:
        """Take one step: a batch of questions, or the end of the pass."""
        which = (claim.shop_key, claim.stream)
        by_time = source.rules(claim.stream).has_update_filter
        walked_at = stored.walked_at
        assert walked_at is not None  # noqa: S101 -- the walk is complete
        with self.database.write() as connection:
            hold_stream(connection, claim.shop_key, claim.stream)
            forget_moved(
                connection,
                *which,
                start=stored.range_start if by_time else None,
                end=stored.range_end if by_time else None,
            )
            missing = count_missing(connection, *which)
            stream = find_stream(connection, *which)
            watermark = stream.progress.watermark if stream else None
            if missing and by_time and (watermark is None or watermark < walked_at):
                return Settling.WAITS
            held = count_held(connection, *which)
            # It is weighed as a whole: each step after the first leaves a smaller part.
            many = needs_confirmation(missing=missing, held=held)
            if many and not stored.confirmed:
                self._finish(connection, claim, stored, missing=missing, held=held)
                return Settling.DONE
            ids = missing_to_ask(connection, *which, since=walked_at, limit=_BATCH)
            if not ids:
                self._finish(connection, claim, stored, missing=None, held=held)
                return Settling.DONE
        found = self._ask(claim, source, ids)
        with self.database.write() as connection:
            self._write(connection, claim, source, ids, found, fetched_at=now)
        return Settling.ON

    def _ask(
        self, claim: ReconcileClaim, source: Source, ids: Sequence[str]
    ) -> Sequence[Record]:
        """Read these records by id; those that the marketplace does not know are left out."""
        marketplace = source.marketplace
        asked: Any = (
            marketplace.orders(source.shop, tuple(ids))
            if claim.stream is Stream.ORDERS
            else marketplace.products(source.shop, tuple(ids))
        )
        found: Sequence[Record] = self.gateway.converse(
            asked,
            marketplace=marketplace,
            app=source.app,
            credentials=source.credentials,
            work=Work.RECONCILE,
        )
        return found

    def _write(
        self,
        connection: Connection,
        claim: ReconcileClaim,
        source: Source,
        ids: Sequence[str],
        found: Sequence[Record],
        *,
        fetched_at: datetime,
    ) -> None:
        """Write what was found, let go what was not."""
        which = (claim.shop_key, claim.stream)
        hold_stream(connection, claim.shop_key, claim.stream)
        # Locked before the feed is, like everything that others wait for.
        update_owned(connection, claim, lease_token=claim.lease_token)
        stored = find_reconcile(connection, *which)
        assert stored is not None  # noqa: S101 -- the stream that it hangs on is locked
        now = database_now(connection)
        written = write_page(
            connection,
            claim.stream,
            found,
            marketplace=source.marketplace.name,
            shop_key=claim.shop_key,
            now=now,
            fetched_at=fetched_at,
        )
        known = {record.record_id for record in found}
        gone = [each for each in ids if each not in known]
        deleted = 0
        if claim.stream is Stream.PRODUCTS:
            deleted = delete_products(connection, claim.shop_key, gone, now=now)
            forget_missing(connection, *which, ids)
        else:
            # No marketplace deletes orders: they are told, and stay.
            forget_missing(connection, *which, known)
            mark_gone(connection, *which, gone, now=now)
        update_owned(
            connection,
            claim,
            updated=stored.updated + written.updated,
            deleted=stored.deleted + deleted,
        )

    def _finish(
        self,
        connection: Connection,
        claim: ReconcileClaim,
        stored: StoredReconcile,
        *,
        missing: int | None,
        held: int,
    ) -> None:
        """End the pass and tell what it found; `missing`: so many, and nothing is done."""
        assert stored.began_at is not None  # noqa: S101 -- a pass ends
        now = database_now(connection)
        gone: list[str] = []
        if claim.stream is Stream.ORDERS:
            gone = gone_records(
                connection, claim.shop_key, claim.stream, since=stored.began_at
            )
        result = {
            "pages": stored.pages,
            "added": stored.added,
            "updated": stored.updated,
            "deleted": stored.deleted,
            "gone": len(gone),
            "withheld": missing or 0,
        }
        finish_pass(
            connection,
            claim,
            now=now,
            covered_until=stored.range_end,
            result=result,
            withheld=missing,
        )

        def tell(name: str, **detail: object) -> None:
            record_event(
                connection,
                name,
                now=now,
                shop_key=claim.shop_key,
                detail={"stream": claim.stream.value, **detail},
            )

        if missing is not None and stored.withheld is None:
            tell(
                _MANY[claim.stream],
                missing=missing,
                held=held,
                advice=(
                    "Look at the shop. To ask for each by its id, and let go what is gone: "
                    f"sellersync reconcile {claim.stream} --shop {claim.shop_key} "
                    "--confirm-deletions"
                ),
            )
        if gone:
            tell("orders_gone", count=len(gone), order_ids=gone[:_EXAMPLES])
        if stored.added or stored.updated or stored.deleted:
            tell("reconciled", **result)
