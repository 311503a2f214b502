"""Live pulls of one stream: asking for one, claiming it, taking a turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.records import Stream
from worker.runtime.parts import Parts, stopping
from worker.runtime.shops import unknown_shop
from worker.runtime.verdicts import verdict
from worker.schedule.deadly import hold_longer
from worker.store.claims import Claim, claim_stream, hold_until
from worker.store.database import database_now
from worker.store.leases import lease_token
from worker.store.shops import find_shop
from worker.store.streams import request_again
from worker.sync.pull import Puller
from worker.sync.pulled import Pulled
from worker.sync.turn import Turn, take_turn


@dataclass(frozen=True, slots=True)
class Pulls:
    """The pulls of this process."""

    parts: Parts

    def request(self, shop_key: str, stream: Stream, *, since: datetime | None) -> None:
        """Make a stream due now; with `since`, also read again from there.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.parts.database.write() as connection:
            if find_shop(connection, shop_key) is None:
                raise unknown_shop(shop_key)
            now = database_now(connection)
            request_again(connection, shop_key, stream, now=now, since=since)

    def claim(
        self, shop_key: str, stream: Stream, *, handed: str | None = None
    ) -> Claim | None:
        """Claim one stream; None while somebody else pulls it."""
        with self.parts.database.write() as connection:
            now = database_now(connection)
            lease = self.parts.settings.schedule.lease
            claim = claim_stream(
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
        self,
        claim: Claim,
        *,
        deadline: timedelta | None,
        on_page: Callable[[Pulled], None] = lambda _pulled: None,
    ) -> Turn:
        """Pull a claimed stream, write down how it went, give the claim back."""
        parts = self.parts
        seller = parts.seller(claim.shop_key)
        puller = Puller(
            database=parts.database,
            gateway=parts.gateway,
            should_stop=stopping.is_set,
            on_page=on_page,
            readers=parts.readers,
        )
        return take_turn(
            puller,
            claim,
            lambda: parts.source(claim.shop_key, seller),
            parts.plan(claim.stream, deadline=deadline),
            stands=verdict(seller),
        )
