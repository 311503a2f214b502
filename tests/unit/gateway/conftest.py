"""A gateway with everything around it played: wire, budget, marketplace, tokens and time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import cast

import pytest

from tests.unit.gateway.played import Bench, played_bench
from worker.domain.calls import Call, HttpReply, HttpRequest, Work
from worker.domain.errors import BudgetExhausted, MarketplaceError, RetryLater
from worker.domain.identity import App, Credentials
from worker.domain.limits import Limit
from worker.domain.marketplace import Conversation, Marketplace
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.demand import Demand
from worker.gateway.records import CallRecord
from worker.gateway.slot import Slot

# In every test's keys and tokens; no text of ours may ever hold it.
CANARY = "canary"

APP = App(
    marketplace="scripted",
    zone="default",
    app_key="key",
    app_secret=f"{CANARY}-secret",
    api_url="https://api.example/router",
    auth_url="https://auth.example",
    requests_per_second=10,
)
CALL = Call(endpoint="orders/search", shop_id="shop-1")
START = 1_800_000_000.0

Kind = type[MarketplaceError]


def make_reply(
    payload: str = "fine", *, status: int = 200, **headers: str
) -> HttpReply:
    """Make a reply whose body is its payload."""
    return HttpReply(status=status, headers=headers, body=payload.encode())


def make_error(kind: Kind, *, retry_after: float | None = None) -> MarketplaceError:
    """Make an error that carries the facts of a reply."""
    error = kind(CALL.endpoint, "no", code=17, http_status=400, request_id="req-1")
    if isinstance(error, RetryLater) and retry_after is not None:
        error.retry_after = timedelta(seconds=retry_after)
    return error


def line(
    played: str | HttpReply | MarketplaceError | Kind,
) -> HttpReply | MarketplaceError:
    """Make what the wire plays of the short forms that a script may use."""
    if isinstance(played, str):
        return make_reply(played)
    return make_error(played) if isinstance(played, type) else played


@dataclass
class Time:
    """A clock that moves only when somebody sleeps."""

    now: float = START
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Wire:
    """A transport that plays a script; an error without a reply is raised by itself."""

    script: Iterator[HttpReply | MarketplaceError]
    time: Time
    # Seconds until each answer.
    slowness: float = 0.0
    sent: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest, *, call: Call) -> HttpReply:
        """Play the next line."""
        assert call.endpoint in request.url
        self.sent.append(request)
        self.time.now += self.slowness
        line = next(self.script)
        if isinstance(line, MarketplaceError):
            raise line
        return line


@dataclass
class OpenBudget:
    """A budget that always has a call left, and writes down who asked."""

    taken: list[Demand] = field(default_factory=list)
    # The limit's name and the seconds.
    pauses: list[tuple[str, float]] = field(default_factory=list)
    latencies: list[tuple[str, float]] = field(default_factory=list)
    max_wait: timedelta = timedelta(seconds=5)
    free: bool = True
    # Until when the next slots are good; after them all are for ever.
    latest: list[float] = field(default_factory=list)

    def take(self, demand: Demand) -> Slot:
        """Give a call after a quarter of a second, by its own word."""
        if not self.free:
            raise BudgetExhausted(retry_after=timedelta(seconds=9))
        self.taken.append(demand)
        return Slot(waited=0.25, latest=self.latest.pop(0) if self.latest else inf)

    def throttled(self, demand: Demand, pause: timedelta) -> None:
        """Write the pause down."""
        self.pauses.append((demand.limits[0].name, pause.total_seconds()))

    def answered(self, demand: Demand, took: float) -> None:
        """Write the latency down."""
        self.latencies.append((demand.endpoint, took))


@dataclass
class Signer:
    """A marketplace that shows in the URL what it signed; replies say what they mean."""

    meanings: dict[bytes, MarketplaceError] = field(default_factory=dict)

    def limits(self, call: Call, app: App) -> tuple[Limit, ...]:
        """Count per app and shop."""
        return (Limit(name=f"shop:{call.shop_id}", calls=app.requests_per_second),)

    def request_id(self, reply: HttpReply) -> str | None:
        """Call each call by its number."""
        return reply.headers.get("x-id")

    def request(
        self, call: Call, app: App, credentials: Credentials, *, now: int
    ) -> HttpRequest:
        """Put time and token where the test can see them."""
        url = f"{app.api_url}/{call.endpoint}?t={now}&token={credentials.access_token}"
        return HttpRequest(method=call.method, url=url, headers={}, body=None)

    def read(self, call: Call, reply: HttpReply) -> object:
        """Return the body as text, unless it means an error."""
        assert call.endpoint
        if reply.body in self.meanings:
            raise self.meanings[reply.body]
        return reply.body.decode()


@dataclass
class Tokens:
    """Credentials that another process changes with each reading."""

    read: int = 0
    rejected: list[str] = field(default_factory=list)
    renewable: bool = True
    refusal: MarketplaceError | None = None
    seller: str = "seller-1"

    def current(self) -> Credentials:
        """Return the next token."""
        self.read += 1
        return Credentials(access_token=f"{CANARY}-{self.read}")

    def renew(self, rejected: Credentials) -> Credentials:
        """Return a token that only renewing gives."""
        self.rejected.append(rejected.access_token)
        if self.refusal:
            raise self.refusal
        return Credentials(access_token="renewed") if self.renewable else rejected


class Stage:
    """A gateway whose wire plays a script: texts, replies, errors or their classes."""

    app = APP
    call = CALL
    canary = CANARY
    start = START

    def __init__(
        self,
        *script: str | HttpReply | MarketplaceError | Kind,
        listening: bool = True,
    ) -> None:
        self.time = Time()
        self.wire = Wire(map(line, script), self.time)
        self.budget = OpenBudget()
        self.tokens = Tokens()
        self.marketplace = Signer()
        self.records: list[CallRecord] = []
        self.gateway = Gateway(
            transport=self.wire,
            budget=self.budget,
            clocks=ServerClocks(self.time.read),
            deadline=timedelta(seconds=60),
            wait=self.time.sleep,
            now=self.time.read,
            monotonic=self.time.read,
            jitter=lambda: 0.6,
            on_call=self.records.append if listening else None,
        )

    def means(self, payload: str, kind: Kind) -> None:
        """Let the marketplace read a reply as an error."""
        self.marketplace.meanings[payload.encode()] = make_error(kind)

    def send(
        self,
        call: Call = CALL,
        before_reading: Callable[[HttpReply], None] | None = None,
    ) -> object:
        """Send one call."""
        return self.gateway.send(
            cast("Marketplace", self.marketplace),
            call,
            app=APP,
            credentials=self.tokens,
            work=Work.ORDERS,
            before_reading=before_reading,
        )

    def converse(self, conversation: Conversation[str]) -> str:
        """Drive a conversation."""
        return self.gateway.converse(
            conversation,
            marketplace=cast("Marketplace", self.marketplace),
            app=APP,
            credentials=self.tokens,
            work=Work.ORDERS,
        )

    def queries(self) -> list[str]:
        """Return what was sent, without the address."""
        return [request.url.partition("?")[2] for request in self.wire.sent]


@pytest.fixture
def played() -> type[Stage]:
    """Give the stage; it is set with the answers that the wire will play."""
    return Stage


@pytest.fixture
def reply() -> Callable[..., HttpReply]:
    """Give a maker of replies."""
    return make_reply


@pytest.fixture
def failing() -> Callable[..., MarketplaceError]:
    """Give a maker of errors."""
    return make_error


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Set a budget up on an empty Redis, with both clocks standing still."""
    with played_bench() as found:
        yield found
