"""Played time: ticks, workers and calls as events; what they claim is claimed for real."""

import heapq
import random
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from sqlalchemy import update

from bench.admission.freshness import Freshness
from bench.admission.sellers import APP_ID, BEGINNING, Seller
from bench.admission.turnstile import Turnstile
from bench.fleet import number_of
from worker.domain.calls import Work
from worker.domain.records import Stream
from worker.schedule.allowances import Allowance
from worker.schedule.backfill import hand_out_slices
from worker.schedule.places import lane
from worker.schedule.tick import DueRefresh, Pace, hand_out
from worker.store.claims import Claim, claim_stream
from worker.store.database import Database
from worker.store.giving_back import finish_pull
from worker.store.refresh_leases import release_lease, take_lease
from worker.store.schema.accounts import authorizations
from worker.store.slice_claims import SliceClaim, claim_slice
from worker.store.slice_outcomes import finish_slice, give_back_slice
from worker.sync.rhythm import next_start

TICK = timedelta(seconds=5)
LEASE = timedelta(seconds=180)
EVERY = {Stream.ORDERS: timedelta(minutes=5), Stream.PRODUCTS: timedelta(hours=1)}
_WORK = {Stream.ORDERS: Work.ORDERS, Stream.PRODUCTS: Work.PRODUCTS}
_PACE = Pace(tick_every=TICK, lease=LEASE)
# As many as `sellersync` reads at once.
_PLACES = 12
_QUEUE = 1000
# Two workers for pulls and history, one for tokens.
_THREADS = 32
_TOKEN_THREADS = 4
# From sending a call to the commit of its page.
_ROUND_TRIP = 0.35  # seconds
_LAG = 5.0  # seconds
# A turn stops at a page then, and the next one goes on.
_DEADLINE = 90.0  # seconds
_SLICE_CALLS = 6
_REFRESHED_FOR = timedelta(hours=6)

# A turn says what it waits for: a call of a class, for a seller, or some seconds; it hears
# for how long the budget sent it away, 0.0 if it did not.
_Turn = Generator[tuple[Work, int] | float, float, None]


@dataclass
class Play:
    """One app's sellers, its workers and its budget."""

    database: Database
    sellers: list[Seller]
    limit: float
    chance: random.Random
    behind: float = 0.0
    freshness: dict[tuple[int, Stream], Freshness] = field(default_factory=dict)
    # How much later than planned refreshes were sent.
    late: list[float] = field(default_factory=list)
    longest_queue: int = 0
    now: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.turnstile = Turnstile(self.limit, self._at)
        self._pulls: deque[Claim] = deque()
        self._slices: deque[SliceClaim] = deque()
        self._refreshes: deque[DueRefresh] = deque()
        self._threads, self._token_threads = _THREADS, _TOKEN_THREADS
        self._takes_slice = False
        self._begun: dict[tuple[int, Stream], tuple[float, int]] = {}
        self._allowance = Allowance(app_id=APP_ID, calls_per_second=self.limit)
        self._lanes = {APP_ID: lane(self.limit, per_shop=False)}
        self.freshness = {
            (number, stream): Freshness([(-self.behind, -self.behind)])
            for number in range(len(self.sellers))
            for stream in Stream
        }
        self._at(0.0, self._tick)

    def run(self, until: float, on_event: Callable[[], bool] = lambda: False) -> None:
        """Let time go by until then, or until `on_event` says that it is enough."""
        while self._events and self._events[0][0] <= until and not on_event():
            self.now, _, happen = heapq.heappop(self._events)
            happen()

    def _at(self, moment: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), happen))

    def _clock(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.now)

    def _tick(self) -> None:
        every = TICK.total_seconds()
        following = (self.now // every + 1) * every
        # Beat's message travels, and the tick's own work takes its time.
        self._at(following + self.chance.uniform(0.01, 0.3), self._tick)
        places = max(_QUEUE - len(self._pulls), 0)
        with self.database.write() as connection:
            due = hand_out(
                connection,
                [self._allowance],
                pace=_PACE,
                places=places,
                now=self._clock(),
            )
        self._refreshes += due.refreshes
        self._pulls += due.pulls
        self.longest_queue = max(self.longest_queue, len(self._pulls))
        self._hand_out_slices()
        self._work()

    def _hand_out_slices(self) -> None:
        with self.database.write() as connection:
            self._slices += hand_out_slices(
                connection,
                lease=LEASE,
                lanes=self._lanes,
                places=_PLACES,
                now=self._clock(),
            )

    def _work(self) -> None:
        """Give free threads what waits; Celery takes its queues in turn."""
        while self._token_threads and self._refreshes:
            self._token_threads -= 1
            self._go_on(self._refresh(self._refreshes.popleft()))
        while self._threads and (self._pulls or self._slices):
            self._threads -= 1
            self._takes_slice = not self._takes_slice
            if self._slices and (self._takes_slice or not self._pulls):
                self._go_on(self._read(self._slices.popleft()))
            else:
                self._go_on(self._pull(self._pulls.popleft()))

    def _go_on(self, turn: _Turn, answer: float | None = None) -> None:
        try:
            wish = next(turn) if answer is None else turn.send(answer)
        except StopIteration:
            self._work()
            return
        if isinstance(wish, tuple):
            self.turnstile.call(
                *wish,
                now=self.now,
                then=lambda sent_away: self._go_on(turn, sent_away),
            )
        else:
            self._at(self.now + wish, lambda: self._go_on(turn, 0.0))

    def _pull(self, handed: Claim) -> _Turn:
        seller = number_of(handed.shop_key)
        with self.database.write() as connection:
            claim = claim_stream(
                connection,
                handed.shop_key,
                handed.stream,
                token=uuid4().hex,
                now=self._clock(),
                until=self._clock() + LEASE,
                handed=handed.lease_token,
            )
        if claim is not None:
            yield from self._read_pages(claim, seller)
        self._threads += 1

    def _read_pages(self, claim: Claim, seller: int) -> _Turn:
        stream, until = claim.stream, self.now + _DEADLINE
        record = self.freshness[seller, stream]
        # What an earlier turn left is read on.
        began, left = self._begun.pop((seller, stream), (self.now, 0))
        left = left or self._calls(seller, stream, began - record.pulls[-1][1])
        made, sent_away = 0, 0.0
        while left and not sent_away and self.now < until:
            sent_away = yield _WORK[stream], seller
            if not sent_away:
                yield _ROUND_TRIP + self.chance.expovariate(20)
                made, left = made + 1, left - 1
        now = self._clock()
        later = now + timedelta(seconds=sent_away)
        if left:
            self._begun[seller, stream] = began, left
        else:
            record.pulls.append((self.now, began - _LAG))
            opened = BEGINNING + timedelta(seconds=began)
            later = next_start(
                claim.stream_id, opened=opened, now=now, every=EVERY[stream]
            )
        with self.database.write() as connection:
            finish_pull(
                connection,
                claim,
                now=now,
                next_run_at=later,
                succeeded_at=None if left else now,
                calls=None if sent_away else made,
            )

    def _calls(self, seller: int, stream: Stream, seconds: float) -> int:
        if stream is Stream.PRODUCTS:
            return self.sellers[seller].catalogue_calls
        return self.sellers[seller].order_calls(seconds)

    def _read(self, handed: SliceClaim) -> _Turn:
        seller = number_of(handed.shop_key)
        with self.database.write() as connection:
            claim = claim_slice(
                connection,
                handed.slice_id,
                token=uuid4().hex,
                until=self._clock() + LEASE,
                handed=handed.lease_token,
            )
        assert claim is not None
        sent_away = 0.0
        for _ in range(_SLICE_CALLS):
            sent_away = yield Work.BACKFILL, seller
            if sent_away:
                break
            yield _ROUND_TRIP + self.chance.expovariate(20)
        with self.database.write() as connection:
            if sent_away:
                later = self._clock() + timedelta(seconds=sent_away)
                give_back_slice(connection, claim, next_run_at=later)
            else:
                finish_slice(connection, claim, now=self._clock())
        self._threads += 1
        # Whoever is done with a slice hands out the next ones.
        self._hand_out_slices()

    def _refresh(self, handed: DueRefresh) -> _Turn:
        with self.database.write() as connection:
            planned = connection.execute(
                authorizations.select().where(
                    authorizations.c.id == handed.authorization_id
                )
            ).one()
            take_lease(
                connection,
                handed.authorization_id,
                owner="bench",
                now=self._clock(),
                until=self._clock() + LEASE,
                handed=handed.lease,
            )
        yield Work.TOKENS, handed.authorization_id
        self.late.append((self._clock() - planned.refresh_at).total_seconds())
        yield _ROUND_TRIP
        with self.database.write() as connection:
            connection.execute(
                update(authorizations)
                .where(authorizations.c.id == handed.authorization_id)
                .values(refresh_at=self._clock() + _REFRESHED_FOR)
            )
            release_lease(connection, handed.authorization_id, owner="bench")
        self._token_threads += 1
