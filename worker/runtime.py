"""The composition root: what one process needs, made when first asked for, after a fork."""

import gc
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Event
from uuid import uuid4

import redis
from sqlalchemy import Connection

from config.embedded import (
    database_url,
    key_file,
    redis_url,
    uses_embedded_database,
)
from config.queues import KEY_PREFIX, Queue
from config.settings import Settings, settings
from worker.domain.calls import Call
from worker.domain.errors import OperatorError, SellersyncError
from worker.domain.identity import App
from worker.domain.limits import OF_APP
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream
from worker.gateway.budget import Budget
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.ledger import Standing, open_ledger_redis
from worker.gateway.transport import HttpTransport
from worker.marketplaces.configured import ConfiguredApps
from worker.retention.sweep import Terms, sweep
from worker.schedule.backfill import claim_waiting_slices
from worker.schedule.places import Lane, lane
from worker.schedule.reconciles import claim_reconciles
from worker.schedule.stalls import tell_stalls
from worker.store.authorizations import Authorization, authorization_of_shop
from worker.store.database import Database, database_now
from worker.store.keyring import open_sealer
from worker.store.reconciles import (
    ReconcileClaim,
    claim_reconcile,
    request_reconcile,
)
from worker.store.resealing import prove_keys
from worker.store.shops import find_shop
from worker.store.slices import SliceClaim, claim_slice, claim_slices_of
from worker.store.streams import Claim, claim_stream, request_again
from worker.store.upgrade import require_newest, upgrade
from worker.sync.backfill import SlicePuller
from worker.sync.pages import Source
from worker.sync.pull import Pulled, Puller
from worker.sync.reconcile import Reconciler
from worker.sync.reconcile_turn import (
    ReconcilePlan,
    ReconcileTurn,
    take_reconcile_turn,
)
from worker.sync.setbacks import Verdict
from worker.sync.slice_turn import take_slice_turn
from worker.sync.turn import Plan, Turn, take_turn
from worker.sync.windows import History
from worker.tokens.desk import TokenDesk
from worker.tokens.orphans import settle_orphans
from worker.tokens.outcomes import still_stands
from worker.tokens.refresh import refresh
from worker.tokens.runway import tell_runway
from worker.tokens.seller import SellerCredentials
from worker.tokens.shops import Connected, discover_shops

# Set when this process shuts down: pulls stop at the next page.
stopping = Event()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The connected parts of this process."""

    settings: Settings
    database: Database
    redis: redis.Redis
    budget: Budget
    gateway: Gateway
    apps: ConfiguredApps
    desk: TokenDesk

    def plan(self, stream: Stream, *, deadline: timedelta | None) -> Plan:
        """Return what the operator wants of a stream."""
        wanted = (
            self.settings.orders if stream is Stream.ORDERS else self.settings.products
        )
        length = None if wanted.history == "all" else wanted.history
        return Plan(
            every=wanted.every, history=History(length=length), deadline=deadline
        )

    def claim(
        self, shop_key: str, stream: Stream, *, handed: str | None = None
    ) -> Claim | None:
        """Claim one stream; None while somebody else pulls it."""
        with self.database.write() as connection:
            now = database_now(connection)
            return claim_stream(
                connection,
                shop_key,
                stream,
                token=uuid4().hex,
                now=now,
                until=now + self.settings.schedule.lease,
                handed=handed,
            )

    def request_pull(
        self, shop_key: str, stream: Stream, *, since: datetime | None
    ) -> None:
        """Make a stream due now; with `since`, also read again from there.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.database.write() as connection:
            if find_shop(connection, shop_key) is None:
                raise unknown_shop(shop_key)
            now = database_now(connection)
            request_again(connection, shop_key, stream, now=now, since=since)

    def refresh_shop(self, shop_key: str, *, force: bool) -> Authorization:
        """Refresh the token behind a shop if it is due, or anyway with `force`.

        Raises:
            OperatorError: no such shop is connected.
            MarketplaceError: the leaf says what happens next.
        """
        with self.database.read() as connection:
            now = database_now(connection)
        return refresh(
            self.desk,
            self._authorization_id(shop_key),
            asked_at=now if force else None,
        )

    def seller_of(self, shop_key: str) -> str:
        """Return the subject of the authorization that covers a shop.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.database.read() as connection:
            found = authorization_of_shop(connection, shop_key)
        if found is None:
            raise unknown_shop(shop_key)
        return found.subject

    def refresh_due(self, authorization_id: int, *, lease: str) -> Authorization:
        """Refresh what the tick has leased.

        Raises:
            LeaseLost: the lease is somebody else's now.
            MarketplaceError: the leaf says what happens next.
        """
        return refresh(self.desk, authorization_id, handed=lease)

    def look_for_shops(self, authorization_id: int) -> Connected:
        """Store which shops an authorization covers now: new ones, vanished ones.

        Raises:
            MarketplaceError: the leaf says what happens next; nothing was changed.
        """
        return discover_shops(self.desk, authorization_id)

    def watch_tokens(self) -> tuple[int, int]:
        """Finish interrupted connects and tell the runway; return how many of each."""
        return settle_orphans(self.desk), tell_runway(self.desk)

    def sweep(self) -> Counter[str]:
        """Let go of what is older than it is kept; return how many rows of each kind."""
        retention = self.settings.retention
        return sweep(
            self.database,
            Terms(
                changes=_length(self.settings.feed.keep),
                page_reads=_length(retention.page_reads),
                personal_data=_length(retention.personal_data),
            ),
            should_stop=stopping.is_set,
        )

    def take_turn(
        self,
        claim: Claim,
        *,
        deadline: timedelta | None,
        on_page: Callable[[Pulled], None] = lambda _pulled: None,
    ) -> Turn:
        """Pull a claimed stream, write down how it went, give the claim back."""
        seller = SellerCredentials(self.desk, self._authorization_id(claim.shop_key))
        puller = Puller(
            database=self.database,
            gateway=self.gateway,
            should_stop=stopping.is_set,
            on_page=on_page,
        )
        return take_turn(
            puller,
            claim,
            lambda: self._source(claim.shop_key, seller),
            self.plan(claim.stream, deadline=deadline),
            stands=_verdict(seller),
        )

    def claim_waiting_slices(self) -> list[SliceClaim]:
        """Claim as many slices of history as there are free places."""
        schedule = self.settings.schedule
        return claim_waiting_slices(
            self.database,
            lease=schedule.lease,
            lanes={app.app_id: _lane(found, app) for found, app in self.apps.apps},
            places=schedule.slices_at_once,
        )

    def claim_slice(self, slice_id: int, *, handed: str) -> SliceClaim | None:
        """Claim the slice that a message brought; None if it is somebody else's now."""
        with self.database.write() as connection:
            until = database_now(connection) + self.settings.schedule.lease
            return claim_slice(
                connection, slice_id, token=uuid4().hex, until=until, handed=handed
            )

    def claim_slices_of(
        self, shop_key: str, stream: Stream, *, limit: int
    ) -> list[SliceClaim]:
        """Claim slices of one stream, due or not."""
        with self.database.write() as connection:
            now = database_now(connection)
            return claim_slices_of(
                connection,
                shop_key,
                stream,
                token=uuid4().hex,
                now=now,
                until=now + self.settings.schedule.lease,
                limit=limit,
            )

    def readers_of(self, shop_key: str) -> int:
        """Return how many slices of one shop at once keep its budget busy.

        Raises:
            OperatorError: no such shop is connected, or its app is not configured.
        """
        with self.database.read() as connection:
            found = find_shop(connection, shop_key)
        if found is None:
            raise unknown_shop(shop_key)
        most = _lane(*self.apps.find(found.app_id)).most
        return min(most, self.settings.schedule.slices_at_once)

    def take_slice_turn(
        self,
        claim: SliceClaim,
        *,
        deadline: timedelta | None,
        on_page: Callable[[Pulled], None] = lambda _pulled: None,
    ) -> Turn:
        """Read a claimed slice, write down how it went, give the claim back."""
        seller = SellerCredentials(self.desk, self._authorization_id(claim.shop_key))
        puller = SlicePuller(
            database=self.database,
            gateway=self.gateway,
            should_stop=stopping.is_set,
            on_page=on_page,
        )
        return take_slice_turn(
            puller,
            claim,
            lambda: self._source(claim.shop_key, seller),
            self.plan(claim.stream, deadline=deadline),
            stands=_verdict(seller),
        )

    def claim_due_reconciles(self) -> list[ReconcileClaim]:
        """Claim reconciles that are due, while fewer than so many run."""
        schedule = self.settings.schedule
        return claim_reconciles(
            self.database,
            every={stream: self._reconcile_every(stream) for stream in Stream},
            lease=schedule.lease,
            at_once=schedule.reconciles_at_once,
        )

    def request_reconcile(
        self, shop_key: str, stream: Stream, *, confirm: bool
    ) -> None:
        """Make a reconcile due now; with `confirm`, what it finds missing may all go.

        Raises:
            OperatorError: no such shop is connected.
        """
        with self.database.write() as connection:
            if find_shop(connection, shop_key) is None:
                raise unknown_shop(shop_key)
            now = database_now(connection)
            request_reconcile(connection, shop_key, stream, now=now, confirm=confirm)

    def claim_reconcile(
        self, shop_key: str, stream: Stream, *, handed: str | None = None
    ) -> ReconcileClaim | None:
        """Claim one reconcile; None while somebody else is at it."""
        with self.database.write() as connection:
            now = database_now(connection)
            return claim_reconcile(
                connection,
                shop_key,
                stream,
                token=uuid4().hex,
                now=now,
                until=now + self.settings.schedule.lease,
                handed=handed,
            )

    def take_reconcile_turn(
        self, claim: ReconcileClaim, *, deadline: timedelta | None
    ) -> ReconcileTurn:
        """Go on with a claimed pass, write down how it went, give the claim back."""
        seller = SellerCredentials(self.desk, self._authorization_id(claim.shop_key))
        reconciler = Reconciler(
            database=self.database,
            gateway=self.gateway,
            should_stop=stopping.is_set,
        )
        return take_reconcile_turn(
            reconciler,
            claim,
            lambda: self._source(claim.shop_key, seller),
            ReconcilePlan(
                every=self._reconcile_every(claim.stream),
                history=self.plan(claim.stream, deadline=None).history,
                deadline=deadline,
            ),
        )

    def tell_stalls(self) -> tuple[int, int]:
        """Tell which streams have stopped moving, and which move again; count both."""
        every = {stream: self.plan(stream, deadline=None).every for stream in Stream}
        return tell_stalls(self.database, every)

    def _reconcile_every(self, stream: Stream) -> timedelta:
        wanted = self.settings
        of = wanted.orders if stream is Stream.ORDERS else wanted.products
        return of.reconcile_every

    def queue_length(self) -> int:
        """Return how many pulls wait for a worker."""
        return sum(
            int(self.redis.llen(f"{KEY_PREFIX}{queue}"))
            for queue in (Queue.PULL, Queue.BACKFILL)
        )

    def standings(self, app: App) -> dict[str, Standing]:
        """Return how an app's own limit stands, and those that refused calls lately.

        Raises:
            BudgetUnavailable: Redis did not answer.
        """
        return self.budget.standings(app.app_id, OF_APP)

    def close(self) -> None:
        """Give everything back."""
        self.redis.close()
        self.database.close()

    def _authorization_id(self, shop_key: str) -> int:
        with self.database.read() as connection:
            found = find_shop(connection, shop_key)
        if found is None:
            raise unknown_shop(shop_key)
        return found.authorization_id

    def _source(self, shop_key: str, seller: SellerCredentials) -> Source:
        with self.database.read() as connection:
            found = find_shop(connection, shop_key)
        if found is None:
            raise unknown_shop(shop_key)
        marketplace, app = self.apps.find(found.app_id)
        return Source(
            marketplace=marketplace, app=app, shop=found.shop, credentials=seller
        )


def _lane(marketplace: Marketplace, app: App) -> Lane:
    queued_for = marketplace.limits(Call(endpoint="any", shop_id="any"), app)[0]
    return lane(queued_for.calls, per_shop=queued_for.name != OF_APP)


def _verdict(seller: SellerCredentials) -> Verdict:
    def stands(connection: Connection, error: SellersyncError, now: datetime) -> bool:
        return still_stands(connection, seller.used, error, now=now)

    return stands


def _length(kept: timedelta | str) -> timedelta | None:
    """Return how long something is kept; None for the words that mean for ever."""
    return kept if isinstance(kept, timedelta) else None


def unknown_shop(shop_key: str) -> OperatorError:
    """Return the one clear line for a shop that is not connected."""
    return OperatorError(
        f"no shop {shop_key} is connected; `sellersync shops` lists those that are"
    )


def runtime() -> Runtime:
    """Return this process's runtime; a forked child makes its own.

    Raises:
        OperatorError: the settings, the database or a key are not usable.
    """
    return _runtime_of(os.getpid())


def open_database(configured: Settings) -> Database:
    """Open the database; the embedded one is made and migrated on the way.

    Raises:
        OperatorError: it does not answer, or its schema is not this program's.
    """
    if uses_embedded_database(configured):
        configured.home_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(database_url(configured))
    if uses_embedded_database(configured):
        upgrade(database)
    else:
        require_newest(database)
    return database


def build_runtime(configured: Settings) -> Runtime:
    """Make the parts anew; whoever asks closes them.

    Raises:
        OperatorError: the settings, the database or a key are not usable.
    """
    apps = ConfiguredApps.from_settings()
    database = open_database(configured)
    keys = configured.encryption_keys
    sealer = open_sealer(
        keys.get_secret_value() if keys else None, key_file(configured)
    )
    prove_keys(database, sealer)
    client = _open_redis(redis_url(configured).client)
    budget = Budget(
        client,
        prefix=KEY_PREFIX,
        pad=configured.budget.pad,
        max_wait=configured.budget.max_wait,
    )
    gateway = Gateway(
        transport=HttpTransport(
            connect_timeout=configured.http.connect_timeout,
            read_timeout=configured.http.read_timeout,
        ),
        budget=budget,
        clocks=ServerClocks(),
        deadline=configured.http.deadline,
    )
    desk = TokenDesk(
        database=database,
        sealer=sealer,
        gateway=gateway,
        apps=apps,
        check_every=configured.tokens.check_every,
    )
    spare_the_collector()
    return Runtime(
        settings=configured,
        database=database,
        redis=client,
        budget=budget,
        gateway=gateway,
        apps=apps,
        desk=desk,
    )


@cache
def spare_the_collector() -> None:
    """Let Python's garbage collector leave alone what this process keeps anyway.

    A page of orders makes thousands of objects, and their number makes the collector go
    through all that was ever imported, again and again: a third of a pull's CPU time.
    """
    gc.collect()
    gc.freeze()


def _open_redis(url: str) -> redis.Redis:
    try:
        return open_ledger_redis(url)
    except ValueError:
        # The text of the original error can hold the password.
        raise OperatorError(
            "SELLERSYNC_REDIS_URL is not usable: write it like redis://host:6379/0"
        ) from None


@cache
def _runtime_of(_pid: int) -> Runtime:
    return build_runtime(settings())
