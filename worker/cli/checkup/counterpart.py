"""One app and the marketplace that it is registered at, asked by somebody in a hurry."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from worker.domain.calls import Call, HttpReply, HttpRequest, Work
from worker.domain.errors import SellersyncError
from worker.domain.identity import App, Credentials
from worker.domain.marketplace import Conversation, Marketplace
from worker.gateway.budget import Budget
from worker.gateway.caller import Gateway
from worker.gateway.clocks import ServerClocks
from worker.gateway.transport import HttpTransport, Transport
from worker.tokens.credentials import FixedCredentials

_CONNECT = timedelta(seconds=2)
_READ = timedelta(seconds=4)
# No attempt begins after this.
_DEADLINE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who is asked, and what its clocks showed meanwhile."""

    marketplace: Marketplace
    app: App
    gateway: Gateway
    seen: "SeenClocks"

    @property
    def about(self) -> str:
        """How findings name it."""
        return self.app.app_id

    def refusal(
        self,
        conversation: Conversation[Any],
        credentials: Credentials,
        *,
        seller: str = "",
    ) -> SellersyncError | None:
        """Hold a conversation; return what went wrong with it, if anything did.

        The credentials are used as they are: nothing is refreshed.
        """
        try:
            self.gateway.converse(
                conversation,
                marketplace=self.marketplace,
                app=self.app,
                credentials=FixedCredentials(credentials, seller=seller),
                # Somebody waits for it.
                work=Work.TOKENS,
            )
        except SellersyncError as error:
            return error
        return None


class SeenClocks:
    """A transport that notes how far the servers' clocks are from ours, by host."""

    def __init__(
        self, transport: Transport, now: Callable[[], float] = time.time
    ) -> None:
        self._transport = transport
        self._now = now
        self._clocks = ServerClocks()
        self._hosts: dict[str, None] = {}

    def send(self, request: HttpRequest, *, call: Call) -> HttpReply:
        """Send once, and look at the date of the reply."""
        sent_at = self._now()
        reply = self._transport.send(request, call=call)
        host = urlsplit(request.url).netloc
        self._clocks.learn(
            host, reply.headers, sent_at=sent_at, received_at=self._now()
        )
        self._hosts[host] = None
        return reply

    def ahead(self) -> dict[str, timedelta | None]:
        """Return how far each host that replied is ahead of us; None: it gave no date."""
        return {host: self._clocks.ahead(host) for host in self._hosts}


@contextmanager
def counterpart(
    marketplace: Marketplace, app: App, budget: Budget
) -> Iterator[Counterpart]:
    """Give a counterpart with connections and clocks of its own."""
    transport = HttpTransport(connect_timeout=_CONNECT, read_timeout=_READ)
    seen = SeenClocks(transport)
    gateway = Gateway(
        transport=seen, budget=budget, clocks=ServerClocks(), deadline=_DEADLINE
    )
    try:
        yield Counterpart(marketplace, app, gateway, seen)
    finally:
        transport.close()
