"""A marketplace made of a world: pages of it, with everything that goes wrong on the way.

It stands at the one seam, behind the `Marketplace` protocol, and plays the gateway too:
what it is asked is answered at once, in virtual time.
"""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import orjson

from tests.integration.simulation.clocks import VirtualClock
from tests.integration.simulation.world import Version, World
from worker.domain.calls import Call
from worker.domain.errors import CallRejected, RetryLater, TooManyResults
from worker.domain.identity import Shop
from worker.domain.pages import Page, PageRequest, StreamRules
from worker.domain.records import (
    Order,
    OrderLine,
    OrderStatus,
    Product,
    ProductStatus,
    Record,
    Stream,
    Variant,
)


class Paging(StrEnum):
    """How the next page is named."""

    # Temu's orders: by number, newest change first; rows that move shift all others.
    OFFSET = "offset"
    # TikTok Shop's orders: an opaque token, the longest unchanged first.
    TOKEN = "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishaps:
    """Chances per call."""

    server_error: float = 0.01
    # The same rows count as before, and fewer or none of them come, as the last page.
    truncated: float = 0.01
    empty: float = 0.005
    # The next page's token is this page's own, or one of a page before.
    loop: float = 0.005
    # A token lives so long.
    token_life: timedelta = timedelta(minutes=10)
    # A call takes up to so long; meanwhile the shop goes on.
    latency: timedelta = timedelta(seconds=1)


RULES = StreamRules(
    has_update_filter=True,
    lag=timedelta(seconds=5),
    overlap=timedelta(minutes=5),
)
NO_MISHAPS = Mishaps(server_error=0, truncated=0, empty=0, loop=0)


@dataclass(kw_only=True)
class SimulatedMarketplace:
    """One shop's stream, read page by page while it goes on changing."""

    world: World
    clock: VirtualClock
    chance: random.Random
    stream: Stream = Stream.ORDERS
    paging: Paging = Paging.TOKEN
    mishaps: Mishaps = NO_MISHAPS
    page_size: int = 100
    cap: int | None = None
    name: str = "simulated"
    calls: Counter[str] = field(default_factory=Counter)
    # Records that it seems to have forgotten, in lists and by id.
    hidden: set[str] = field(default_factory=set)
    # Called before each answer: it may raise, or change what is true.
    before_answer: Callable[[], None] = lambda: None
    # It may make another page of a page.
    falsify: Callable[[Page], Page] = lambda page: page
    rules: StreamRules = RULES
    # Tokens that were given out: what they stand for, and when.
    _tokens: dict[str, tuple[int, str, datetime]] = field(default_factory=dict)
    _last_token: str | None = None

    @property
    def streams(self) -> dict[Stream, StreamRules]:
        """The same rules for both streams: only one is read."""
        return dict.fromkeys(Stream, replace(self.rules, cap=self.cap))

    def page(self, request: PageRequest):
        """Ask for one page, as a marketplace's conversation does."""
        return (yield Call(endpoint="page", body={"request": request}))

    def orders(self, shop: Shop, order_ids: tuple[str, ...]):  # noqa: ARG002 -- the only shop
        """Ask for some orders by id."""
        return (yield Call(endpoint="by_id", body={"ids": order_ids}))

    def products(self, shop: Shop, product_ids: tuple[str, ...]):  # noqa: ARG002 -- the only shop
        """Ask for some products by id."""
        return (yield Call(endpoint="by_id", body={"ids": product_ids}))

    def converse(self, conversation, **_):
        """Play the gateway: a call at a time, each answered after its latency."""
        try:
            call = next(conversation)
            while True:
                try:
                    answer = self._answer(call)
                except Exception as error:  # noqa: BLE001 -- the conversation may know better
                    call = conversation.throw(error)
                else:
                    call = conversation.send(answer)
        except StopIteration as done:
            return done.value

    def record(self, version: Version) -> Record:
        """Return what a version is in our words; its content tells its number."""
        content = f"version {version.number}"
        updated_at = datetime.fromtimestamp(version.updated_at, UTC)
        raw = orjson.dumps([version.record_id, version.number, version.updated_at])
        if self.stream is Stream.ORDERS:
            return _order(version.record_id, updated_at, content, raw)
        return _product(version.record_id, updated_at, content, version.number, raw)

    def _answer(self, call: Call) -> object:
        self.calls[call.endpoint] += 1
        self.clock.pass_(self.mishaps.latency * self.chance.random())
        self.before_answer()
        self.world.catch_up(self.clock.now)
        if self._happens(self.mishaps.server_error):
            raise RetryLater(call.endpoint, "internal error", http_status=503)
        if call.endpoint == "by_id":
            return self._by_id(call)
        return self.falsify(self._page(call))

    def _by_id(self, call: Call) -> tuple[Record, ...]:
        assert call.body is not None
        ids = call.body["ids"]
        assert isinstance(ids, tuple)
        shown = [self.world.shown(each) for each in ids if each not in self.hidden]
        return tuple(self.record(version) for version in shown if version is not None)

    def _page(self, call: Call) -> Page:
        assert call.body is not None
        request = call.body["request"]
        assert isinstance(request, PageRequest)
        places = self.world.between(request.window.start, request.window.end)
        if self.hidden:
            places = [place for place in places if place[1] not in self.hidden]
        if self.cap is not None and len(places) > self.cap:
            raise TooManyResults(call.endpoint, f"{len(places)} rows")
        if self.paging is Paging.OFFSET:
            places = places[::-1]
            first = int(request.cursor or 0)
        else:
            first = self._first_after(request, places)
        chosen = places[first : first + self.page_size]
        more = len(places) > first + self.page_size
        cursor = None
        if more:
            cursor = self._cursor(first + self.page_size, places)
        if cursor and request.cursor and self._happens(self.mishaps.loop):
            cursor = self.chance.choice((request.cursor, self._last_token or cursor))
        if self._happens(self.mishaps.truncated):
            chosen, cursor = chosen[: len(chosen) // 2], None
        elif self._happens(self.mishaps.empty):
            chosen, cursor = chosen[:0], None
        self._last_token = request.cursor
        return Page(
            records=tuple([self._shown(record_id) for _, record_id in chosen]),
            next_cursor=cursor,
            total=len(places),
        )

    def _shown(self, record_id: str) -> Record:
        version = self.world.shown(record_id)
        assert version is not None
        return self.record(version)

    def _cursor(self, next_place: int, places) -> str:
        if self.paging is Paging.OFFSET:
            return str(next_place)
        token = f"t{len(self._tokens)}"
        self._tokens[token] = (*places[next_place - 1], self.clock.now)
        return token

    def _first_after(self, request: PageRequest, places) -> int:
        """Return the position behind the row that the token names."""
        if request.cursor is None:
            return 0
        second, record_id, given_at = self._tokens[request.cursor]
        if self.clock.now - given_at > self.mishaps.token_life:
            raise CallRejected("page", "the page token has expired", code=98001004)
        return bisect_right(places, (second, record_id))

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability


def _order(record_id: str, updated_at: datetime, content: str, raw: bytes) -> Order:
    return Order(
        order_id=record_id,
        status=OrderStatus.PENDING,
        marketplace_status=content,
        currency=None,
        total_amount=None,
        created_at=None,
        updated_at=updated_at,
        paid_at=None,
        buyer_note=None,
        lines=(
            OrderLine(
                line_id=f"{record_id}-1",
                product_id=None,
                sku_id=None,
                seller_sku=None,
                title=content,
                quantity=1,
                unit_price=None,
                currency=None,
            ),
        ),
        raw=raw,
    )


def _product(
    record_id: str, updated_at: datetime, content: str, stock: int, raw: bytes
) -> Product:
    return Product(
        product_id=record_id,
        title=record_id,
        status=ProductStatus.LIVE,
        marketplace_status=content,
        created_at=None,
        updated_at=updated_at,
        deleted_at=None,
        variants=(
            Variant(
                sku_id=f"{record_id}-1",
                seller_sku=None,
                price=None,
                currency=None,
                stock=stock,
            ),
        ),
        raw=raw,
    )
