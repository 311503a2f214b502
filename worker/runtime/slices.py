"""Slices of history: claiming those that wait, taking a turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream
from worker.runtime.parts import Parts, stopping
from worker.runtime.shops import connected_shop
from worker.runtime.verdicts import verdict
from worker.schedule.allowances import own_limit
from worker.schedule.backfill import claim_waiting_slices
from worker.schedule.deadly import hold_longer
from worker.schedule.places import Lane, lane
from worker.store.database import database_now
from worker.store.leases import lease_token
from worker.store.slice_claims import (
    SliceClaim,
    claim_slice,
    claim_slices_of,
    hold_until,
)
from worker.sync.backfill import SlicePuller
from worker.sync.pulled import Pulled
from worker.sync.slice_turn import take_slice_turn
from worker.sync.turn import Turn


@dataclass(frozen=True, slots=True)
class Slices:
    """The backfill of this process."""

    parts: Parts

    def claim_waiting(self) -> list[SliceClaim]:
        """Claim as many slices of history as there are free places."""
        schedule = self.parts.settings.schedule
        return claim_waiting_slices(
            self.parts.database,
            lease=schedule.lease,
            lanes={
                app.app_id: _lane(found, app) for found, app in self.parts.apps.apps
            },
            places=schedule.slices_at_once,
        )

    def claim(self, slice_id: int, *, handed: str) -> SliceClaim | None:
        """Claim the slice that a message brought; None if it is somebody else's now."""
        with self.parts.database.write() as connection:
            now = database_now(connection)
            lease = self.parts.settings.schedule.lease
            claim = claim_slice(
                connection,
                slice_id,
                token=lease_token(),
                until=now + lease,
                handed=handed,
            )
            if claim is not None:
                hold_longer(connection, claim, hold_until, now=now, lease=lease)
            return claim

    def claim_of(
        self, shop_key: str, stream: Stream, *, limit: int
    ) -> list[SliceClaim]:
        """Claim slices of one stream, due or not."""
        with self.parts.database.write() as connection:
            now = database_now(connection)
            lease = self.parts.settings.schedule.lease
            claims = claim_slices_of(
                connection,
                shop_key,
                stream,
                token=lease_token(),
                now=now,
                until=now + lease,
                limit=limit,
            )
            for claim in claims:
                hold_longer(connection, claim, hold_until, now=now, lease=lease)
            return claims

    def readers_of(self, shop_key: str) -> int:
        """Return how many slices of one shop at once keep its budget busy.

        Raises:
            OperatorError: no such shop is connected, or its app is not configured.
        """
        shop = connected_shop(self.parts.database, shop_key)
        most = _lane(*self.parts.apps.find(shop.app_id)).most
        return min(most, self.parts.settings.schedule.slices_at_once)

    def take_turn(
        self,
        claim: SliceClaim,
        *,
        deadline: timedelta | None,
        on_page: Callable[[Pulled], None] = lambda _pulled: None,
    ) -> Turn:
        """Read a claimed slice, write down how it went, give the claim back."""
        parts = self.parts
        seller = parts.seller(claim.shop_key)
        puller = SlicePuller(
            database=parts.database,
            gateway=parts.gateway,
            should_stop=stopping.is_set,
            on_page=on_page,
            readers=parts.readers,
        )
        return take_slice_turn(
            puller,
            claim,
            lambda: parts.source(claim.shop_key, seller),
            parts.plan(claim.stream, deadline=deadline),
            stands=verdict(seller),
        )


def _lane(marketplace: Marketplace, app: App) -> Lane:
    calls, per_shop = own_limit(marketplace, app)
    return lane(calls, per_shop=per_shop)
