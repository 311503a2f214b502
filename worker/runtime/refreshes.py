"""Token refreshes, and the looks at what authorizations cover."""

from dataclasses import dataclass
from time import monotonic

from worker.runtime.parts import Parts, stopping
from worker.runtime.shops import connected_shop, unknown_shop
from worker.store.authorizations import Authorization, authorization_of_shop
from worker.store.database import database_now
from worker.tokens.orphans import settle_orphans
from worker.tokens.refresh import refresh
from worker.tokens.runway import tell_runway
from worker.tokens.shops import Connected, discover_shops

# After a bad night there may be many, each of which asks a marketplace.
_LONGEST_WATCH = 45.0  # seconds


@dataclass(frozen=True, slots=True)
class Refreshes:
    """The refreshes of this process."""

    parts: Parts

    def of_shop(self, shop_key: str, *, force: bool) -> Authorization:
        """Refresh the token behind a shop if it is due, or anyway with `force`.

        Raises:
            OperatorError: no such shop is connected.
            MarketplaceError: the leaf says what happens next.
        """
        with self.parts.database.read() as connection:
            now = database_now(connection)
        return refresh(
            self.parts.desk,
            connected_shop(self.parts.database, shop_key).authorization_id,
            asked_at=now if force else None,
        )

    def due(self, authorization_id: int, *, lease: str) -> Authorization:
        """Refresh what the tick has leased.

        Raises:
            LeaseLost: the lease is somebody else's now.
            MarketplaceError: the leaf says what happens next.
        """
        return refresh(self.parts.desk, authorization_id, handed=lease)

    def seller_of(self, shop_key: str) -> str:
        """Return the subject of the authorization that covers a shop.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.parts.database.read() as connection:
            found = authorization_of_shop(connection, shop_key)
        if found is None:
            raise unknown_shop(shop_key)
        return found.subject

    def look_for_shops(self, authorization_id: int) -> Connected:
        """Store which shops an authorization covers now: new ones, vanished ones.

        Raises:
            MarketplaceError: the leaf says what happens next; nothing was changed.
        """
        return discover_shops(self.parts.desk, authorization_id)

    def watch(self) -> tuple[int, int]:
        """Finish interrupted connects and tell the runway; return how many of each."""
        ends_at = monotonic() + _LONGEST_WATCH
        saved = settle_orphans(
            self.parts.desk,
            should_stop=lambda: stopping.is_set() or monotonic() > ends_at,
        )
        return saved, tell_runway(self.parts.desk)
