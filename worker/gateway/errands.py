"""Who asks what of whom, and what every exchange needs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from worker.domain.calls import Call, Host, HttpReply, Work
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.gateway.clocks import ServerClocks
from worker.gateway.credentials import CredentialSource
from worker.gateway.demand import Demand
from worker.gateway.records import CallRecord
from worker.gateway.slot import Slot
from worker.gateway.transport import Transport


class CallBudget(Protocol):
    """What an exchange needs of the budget."""

    max_wait: timedelta

    def take(self, demand: Demand) -> Slot:
        """Wait for the next free call."""

    def throttled(self, demand: Demand, pause: timedelta) -> None:
        """Stop everybody with the same limit for a while, and lower it."""

    def answered(self, demand: Demand, took: float) -> None:
        """Learn from a call that was answered after so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What all exchanges of a process share."""

    transport: Transport
    budget: CallBudget
    clocks: ServerClocks
    deadline: timedelta
    now: Callable[[], float]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    on_call: Callable[[CallRecord], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Who asks what of whom."""

    marketplace: Marketplace
    call: Call
    app: App
    credentials: CredentialSource
    work: Work
    before_reading: Callable[[HttpReply], None] | None

    @property
    def demand(self) -> Demand:
        """What the budget needs to know of the call."""
        return Demand(
            app_id=self.app.app_id,
            limits=self.marketplace.limits(self.call, self.app),
            seller=self.credentials.seller,
            work=self.work,
            endpoint=self.call.endpoint,
        )

    @property
    def host(self) -> str:
        """The host whose clock the call is signed for."""
        app = self.app
        of_tokens = self.call.host is Host.AUTH and app.auth_url
        return urlsplit(of_tokens or app.api_url).netloc
