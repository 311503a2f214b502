"""Days of work on one simulated shop: ticks, turns, deaths, and what came of it."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from cryptography.fernet import Fernet
from sqlalchemy import select

from tests.integration.simulation.clocks import VirtualClock
from tests.integration.simulation.death import Killed, Reaper
from tests.integration.simulation.marketplace import SimulatedMarketplace
from tests.integration.simulation.readers import AtOnce
from tests.integration.simulation.world import Version
from worker.domain.grants import Grant
from worker.domain.identity import App, Credentials, Shop
from worker.domain.records import Stream
from worker.schedule.backfill import claim_waiting_slices
from worker.schedule.places import Lane
from worker.store import shops
from worker.store.apps import remember_app
from worker.store.certificates import all_histories
from worker.store.claims import Claim, lease_streams
from worker.store.database import Database, database_now
from worker.store.grants import adopt_grant
from worker.store.reconciles import request_reconcile
from worker.store.schema.records import raw_payloads
from worker.store.sealing import Sealer
from worker.store.streams import find_stream
from worker.store.waiting import waiting_streams
from worker.store.waiting_reconciles import claim_due_reconciles
from worker.sync.backfill import SlicePuller
from worker.sync.pages import Source
from worker.sync.pull import Puller
from worker.sync.reconcile import Reconciler
from worker.sync.reconcile_turn import ReconcilePlan, ReconcileTurn, take_reconcile_turn
from worker.sync.slice_turn import take_slice_turn
from worker.sync.turn import Plan, Turn, take_turn
from worker.sync.windows import History
from worker.tokens.credentials import FixedCredentials

SHOP = Shop(marketplace="simulated", zone="default", shop_id="1")
APP = App(
    marketplace="simulated",
    zone="default",
    app_key="key",
    app_secret="secret",
    api_url="http://127.0.0.1",
    requests_per_second=10,
)
Done = TypeVar("Done")
LEASE = timedelta(minutes=3)


@dataclass(kw_only=True)
class Days:
    """Workers that come and go, on one database and one marketplace."""

    database: Database
    clock: VirtualClock
    marketplace: SimulatedMarketplace
    reaper: Reaper | None = None
    every: timedelta = timedelta(minutes=1)
    history: timedelta = timedelta(days=1)
    # After so many pages a reconcile lets the live pulls come between.
    pages_per_turn: int = 20
    turns: list[Turn] = field(default_factory=list)
    slice_turns: list[Turn] = field(default_factory=list)
    reconciles: list[ReconcileTurn] = field(default_factory=list)

    @property
    def stream(self) -> Stream:
        """What is pulled; the other stream of the shop rests."""
        return self.marketplace.stream

    @property
    def source(self) -> Source:
        """Where the records come from."""
        return Source(
            marketplace=self.marketplace,  # type: ignore[arg-type]  # only what a pull asks
            app=APP,
            shop=SHOP,
            credentials=FixedCredentials(Credentials(access_token="a")),
        )

    @property
    def _plan(self) -> Plan:
        return Plan(
            every=self.every, history=History(length=self.history), deadline=None
        )

    def connect(self) -> None:
        """Connect the shop, as a seller's authorization does."""
        sealer = Sealer((Fernet.generate_key().decode(),))
        now = self.clock.now
        grant = Grant(
            subject="s", access_token="a", access_expires_at=now + timedelta(days=700)
        )
        with self.database.write() as connection:
            remember_app(connection, APP, now=now)
            number = adopt_grant(
                connection, APP, grant, sealer=sealer, now=now, refresh_at=now
            )
            shops.remember_shops(connection, number, [SHOP], now=now, takes=True)

    def work_for(self, length: timedelta, *, tick: timedelta | None = None) -> None:
        """Let ticks hand out what is due, and workers do it, until the time is over."""
        end = self.clock.now + length
        while self.clock.now < end:
            self.tick()
            self.clock.pass_(tick or self.every)

    def tick(self) -> None:
        """Claim what is due and do it; a worker that dies leaves its lease behind."""
        self.turns += self._live(self._pull_turns)
        self.slice_turns += self._live(self._slice_turns)

    def reconcile(self) -> Mapping[str, Any]:
        """Make a whole pass, a few pages at a time between live pulls; return its result."""
        with self.database.write() as connection:
            request_reconcile(
                connection, SHOP.shop_key, self.stream, now=self.clock.now
            )
        for _ in range(5000):
            for turn in self.reconcile_due():
                if turn.reconciled is not None and turn.reconciled.complete:
                    return turn.reconciled.result
            self.tick()
            self.clock.pass_(self.every)
        raise AssertionError(self.reconciles[-3:])

    def reconcile_due(self) -> Sequence[ReconcileTurn]:
        """Take the turns of reconciles that are due."""
        done = self._live(self._reconcile_turns)
        self.reconciles += done
        return done

    def catch_up(self) -> None:
        """Pull until the stream is up to date; a day without an end is a failure."""
        for _ in range(500):
            self.clock.pass_(self.every)
            before = len(self.turns)
            self.tick()
            done = self.turns[before:]
            current = any(turn.pulled and turn.pulled.up_to_date for turn in done)
            if current and not self.open_slices():
                return
        raise AssertionError(self.turns[-3:])

    def stored(self) -> dict[str, str]:
        """Return the stored payloads by id."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(raw_payloads.c.record_id, raw_payloads.c.payload).where(
                    raw_payloads.c.stream == self.stream.value
                )
            )
            return {row.record_id: row.payload for row in rows}

    def wrong(self) -> dict[str, Version]:
        """Return the records that are missing or stale, with their true version."""
        stored = self.stored()
        return {
            found: version
            for found, version in self.marketplace.world.living().items()
            if stored.get(found) != self.marketplace.record(version).raw.decode()
        }

    def watermark(self) -> datetime | None:
        """Return how far the stream says that it is complete."""
        with self.database.read() as connection:
            found = find_stream(connection, SHOP.shop_key, self.stream)
        assert found is not None
        return found.progress.watermark

    def _pull_turns(self) -> Iterator[Turn]:
        for claim in self._due():
            yield self._turn(claim)

    def _due(self) -> list[Claim]:
        with self.database.write() as connection:
            now = database_now(connection)
            chosen = [
                found.number
                for found in waiting_streams(
                    connection, APP.app_id, self.stream, now=now, limit=9
                )
            ]
            return lease_streams(
                connection, chosen, token=uuid4().hex, until=now + LEASE
            )

    def _turn(self, claim: Claim) -> Turn:
        puller = Puller(
            database=self.database,
            gateway=self.marketplace,  # type: ignore[arg-type]  # it plays the gateway
            readers=AtOnce(),
        )
        return take_turn(
            puller,
            claim,
            lambda: self.source,
            Plan(every=self.every, history=History(length=self.history), deadline=None),
            stands=lambda *_: True,
        )

    def open_slices(self) -> int:
        """Return how many slices of history are still to be read."""
        with self.database.read() as connection:
            histories = all_histories(connection)
        found = histories.get((SHOP.shop_key, self.stream))
        return found.open if found else 0

    def _slice_turns(self) -> Iterator[Turn]:
        claims = claim_waiting_slices(
            self.database,
            lease=LEASE,
            lanes={APP.app_id: Lane(most=4, per_shop=False)},
            places=4,
        )
        for claim in claims:
            if claim.stream is not self.stream:
                continue
            puller = SlicePuller(
                database=self.database,
                gateway=self.marketplace,  # type: ignore[arg-type]  # it plays the gateway
                readers=AtOnce(),
            )
            yield take_slice_turn(
                puller,
                claim,
                lambda: self.source,
                self._plan,
                stands=lambda *_: True,
            )

    def _reconcile_turns(self) -> Iterator[ReconcileTurn]:
        with self.database.write() as connection:
            now = database_now(connection)
            claims = claim_due_reconciles(
                connection, token=uuid4().hex, now=now, until=now + LEASE, at_once=9
            )
        for claim in claims:
            reconciler = Reconciler(
                database=self.database,
                gateway=self.marketplace,  # type: ignore[arg-type]  # it plays the gateway
                should_stop=partial(self._is_last_page, count(1)),
            )
            plan = ReconcilePlan(
                every=timedelta(days=7),
                history=History(length=self.history),
                deadline=None,
            )
            yield take_reconcile_turn(reconciler, claim, lambda: self.source, plan)

    def _is_last_page(self, pages: Iterator[int]) -> bool:
        return next(pages) > self.pages_per_turn

    def _live(self, work: Callable[[], Iterator[Done]]) -> list[Done]:
        """Work until it is done, or until the reaper comes; return what was done."""
        done: list[Done] = []
        killed = False
        try:
            if self.reaper is not None:
                self.reaper.rests = False
            done.extend(work())
        except Killed:
            killed = True
        finally:
            if self.reaper is not None:
                self.reaper.rests = True
        if killed:
            # With a process, its connections end, and what they had begun.
            gc.collect(1)
            self.database.engine.dispose()
            self.clock.pass_(LEASE)
        return done
