"""Reconciles: asking for one, claiming those that are due, taking a turn."""

from dataclasses import dataclass
from datetime import timedelta

from worker.domain.records import Stream
from worker.runtime.parts import Parts, stopping
from worker.runtime.shops import unknown_shop
from worker.schedule.deadly import hold_longer
from worker.schedule.reconciles import claim_reconciles
from worker.store.database import database_now
from worker.store.leases import lease_token
from worker.store.reconcile_claims import ReconcileClaim, claim_reconcile, hold_until
from worker.store.reconciles import request_reconcile
from worker.store.shops import find_shop
from worker.sync.reconcile import Reconciler
from worker.sync.reconcile_turn import ReconcilePlan, ReconcileTurn, take_reconcile_turn


@dataclass(frozen=True, slots=True)
class Reconciles:
    """The reconciles of this process."""

    parts: Parts

    def claim_due(self) -> list[ReconcileClaim]:
        """Claim reconciles that are due, while fewer than so many run."""
        schedule = self.parts.settings.schedule
        return claim_reconciles(
            self.parts.database,
            every={
                stream: self.parts.wanted(stream).reconcile_every for stream in Stream
            },
            lease=schedule.lease,
            at_once=schedule.reconciles_at_once,
        )

    def request(self, shop_key: str, stream: Stream, *, confirm: bool) -> None:
        """Make a reconcile due now; with `confirm`, what it finds missing may all go.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.parts.database.write() as connection:
            if find_shop(connection, shop_key) is None:
                raise unknown_shop(shop_key)
            now = database_now(connection)
            request_reconcile(connection, shop_key, stream, now=now, confirm=confirm)

    def claim(
        self, shop_key: str, stream: Stream, *, handed: str | None = None
    ) -> ReconcileClaim | None:
        """Claim one reconcile; None while somebody else is at it."""
        with self.parts.database.write() as connection:
            now = database_now(connection)
            lease = self.parts.settings.schedule.lease
            claim = claim_reconcile(
                connection,
                shop_key,
                stream,
                token=lease_token(),
                now=now,
                until=now + lease,
                handed=handed,
            )
            if claim is not None:
                hold_longer(connection, claim, hold_until, now=now, lease=lease)
            return claim

    def take_turn(
        self, claim: ReconcileClaim, *, deadline: timedelta | None
    ) -> ReconcileTurn:
        """Go on with a claimed pass, write down how it went, give the claim back."""
        parts = self.parts
        seller = parts.seller(claim.shop_key)
        reconciler = Reconciler(
            database=parts.database,
            gateway=parts.gateway,
            should_stop=stopping.is_set,
        )
        return take_reconcile_turn(
            reconciler,
            claim,
            lambda: parts.source(claim.shop_key, seller),
            ReconcilePlan(
                every=parts.wanted(claim.stream).reconcile_every,
                history=parts.history(claim.stream),
                deadline=deadline,
            ),
        )
