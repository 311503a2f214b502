"""The connected parts of one process, and the shop whose marketplace they talk to."""

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

import redis

from config.settings import OrdersSettings, ProductsSettings, Settings
from worker.domain.records import Stream
from worker.gateway.budget import Budget
from worker.gateway.call_counts import CallCounts
from worker.gateway.caller import Gateway
from worker.marketplaces.configured import ConfiguredApps
from worker.runtime.shops import connected_shop
from worker.store.database import Database
from worker.sync.pages import Source
from worker.sync.turn import Plan
from worker.sync.windows import History
from worker.tokens.desk import TokenDesk
from worker.tokens.seller import SellerCredentials

# Set when this process shuts down: pulls stop at the next page.
stopping = Event()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the work of this process is done with."""

    settings: Settings
    database: Database
    redis: redis.Redis
    budget: Budget
    counts: CallCounts
    gateway: Gateway
    apps: ConfiguredApps
    desk: TokenDesk
    # They read pages ahead; as many as there are threads that write.
    readers: Executor

    def wanted(self, stream: Stream) -> OrdersSettings | ProductsSettings:
        """Return what the operator wants of a stream."""
        return (
            self.settings.orders if stream is Stream.ORDERS else self.settings.products
        )

    def history(self, stream: Stream) -> History:
        """Return how far back a stream goes."""
        wanted = self.wanted(stream).history
        return History(length=None if wanted == "all" else wanted)

    def plan(self, stream: Stream, *, deadline: timedelta | None) -> Plan:
        """Return what one turn of a stream is to do."""
        return Plan(
            every=self.wanted(stream).every,
            history=self.history(stream),
            deadline=deadline,
        )

    def seller(self, shop_key: str) -> SellerCredentials:
        """Return the credentials of whoever owns a shop.

        Raises:
            OperatorError: no such shop is connected.
        """
        shop = connected_shop(self.database, shop_key)
        return SellerCredentials(self.desk, shop.authorization_id)

    def source(self, shop_key: str, seller: SellerCredentials) -> Source:
        """Return where a shop's pages come from.

        Raises:
            OperatorError: no such shop is connected, or its app is not configured.
        """
        shop = connected_shop(self.database, shop_key)
        marketplace, app = self.apps.find(shop.app_id)
        return Source(
            marketplace=marketplace, app=app, shop=shop.shop, credentials=seller
        )

    def close(self) -> None:
        """Give everything back."""
        self.readers.shutdown(wait=False, cancel_futures=True)
        self.counts.close()
        self.redis.close()
        self.database.close()
