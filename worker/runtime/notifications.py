"""What marketplaces told us: claiming what waits, and looking at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from config.queues import KEY_PREFIX, Queue
from worker.domain.errors import LeaseLost, SellersyncError
from worker.domain.notifications import Kind
from worker.domain.records import Stream
from worker.runtime.parts import Parts, stopping
from worker.runtime.verdicts import verdict
from worker.store.authorizations import find_authorization
from worker.store.database import database_now
from worker.store.leases import lease_token
from worker.store.notifications import (
    NotificationClaim,
    StoredNotification,
    claim_notifications,
    give_back_notifications,
    mark_handled,
    take_notifications,
)
from worker.store.shops import find_shop
from worker.store.streams import find_stream
from worker.sync.looks import STREAMS, Looked, Looker
from worker.tokens.notices import check_end, check_grant

# Rows of one claim; those of one shop become one message.
_AT_ONCE = 1_000
# A queue this long holds looks for longer than a lease: let it drain first.
_LONGEST_QUEUE = 200
# After a failed question about a grant.
_AGAIN_AFTER = timedelta(minutes=1)
_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Notifications:
    """The looks of this process."""

    parts: Parts

    def claim_waiting(self) -> list[NotificationClaim]:
        """Claim what waits for somebody to look; nothing while workers are behind."""
        if self._queue_length() >= _LONGEST_QUEUE:
            return []
        with self.parts.database.write() as connection:
            now = database_now(connection)
            return claim_notifications(
                connection,
                token=uuid4().hex,
                now=now,
                until=now + self.parts.settings.schedule.lease,
                limit=_AT_ONCE,
            )

    def look(self, shop_key: str, kind: Kind, *, handed: str) -> Looked | None:
        """Look at what a message brought; None if somebody else has it."""
        token = lease_token()
        claim = NotificationClaim(shop_key=shop_key, kind=kind, lease_token=handed)
        with self.parts.database.write() as connection:
            until = database_now(connection) + self.parts.settings.schedule.lease
            taken = take_notifications(connection, claim, token=token, until=until)
        if not taken:
            return None
        stream = STREAMS.get(kind)
        if stream is None:
            return self._ask_about_grant(kind, taken, token)
        rests = self._why_it_rests(shop_key, stream)
        if rests:
            return self._leave(taken, token, rests)
        seller = self.parts.seller(shop_key)
        looker = Looker(
            database=self.parts.database,
            gateway=self.parts.gateway,
            token=token,
            deadline=self.parts.settings.schedule.pull_deadline,
            should_stop=stopping.is_set,
        )
        try:
            source = self.parts.source(shop_key, seller)
        except SellersyncError:
            # Its app is not configured any more.
            return self._leave(taken, token, "not_configured")
        return looker.look(stream, taken, source, stands=verdict(seller))

    def _ask_about_grant(
        self, kind: Kind, taken: Sequence[StoredNotification], token: str
    ) -> Looked:
        shop_key = taken[0].shop_key
        try:
            if kind is Kind.DEAUTHORIZED:
                outcome = check_grant(self.parts.desk, shop_key)
            elif kind is Kind.ENDS_SOON:
                ends = [each.ends_at for each in taken if each.ends_at is not None]
                outcome = check_end(self.parts.desk, shop_key, ends)
            else:
                outcome = "nothing"
        except SellersyncError as error:
            return self._ask_later(taken, token, error)
        return self._leave(taken, token, outcome)

    def _leave(
        self, taken: Sequence[StoredNotification], token: str, outcome: str
    ) -> Looked:
        with self.parts.database.write() as connection:
            mark_handled(
                connection,
                [each.id for each in taken],
                token=token,
                now=database_now(connection),
                outcome=outcome,
            )
        return Looked(notifications=len(taken), outcome=outcome)

    def _ask_later(
        self, taken: Sequence[StoredNotification], token: str, error: SellersyncError
    ) -> Looked:
        if max(each.failures for each in taken) >= _MOST_FAILURES:
            return self._leave(taken, token, f"given up: {type(error).__name__}")
        with self.parts.database.write() as connection:
            give_back_notifications(
                connection,
                [each.id for each in taken],
                token=token,
                due_at=database_now(connection) + _AGAIN_AFTER,
                failures=0 if isinstance(error, LeaseLost) else 1,
                last_error=f"{type(error).__name__}: {error}",
            )
        return Looked(notifications=len(taken), outcome="put_off", error=error)

    def _why_it_rests(self, shop_key: str, stream: Stream) -> str | None:
        """Return why nothing of a stream is read; what it missed its next pull brings."""
        with self.parts.database.read() as connection:
            shop = find_shop(connection, shop_key)
            row = find_stream(connection, shop_key, stream)
            if shop is None or row is None:
                return "not_connected"
            if shop.paused is not None:
                return "paused"
            if row.disabled is not None:
                return "disabled"
            grant = find_authorization(connection, shop.authorization_id)
        return "authorization_dead" if grant.is_dead else None

    def _queue_length(self) -> int:
        return int(self.parts.redis.llen(f"{KEY_PREFIX}{Queue.WEBHOOKS}"))
