"""The gateway: sends one call, or drives a conversation of several."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from secrets import SystemRandom
from typing import TypeVar

from tenacity import Retrying

from worker.domain.calls import Call, HttpReply, Work
from worker.domain.errors import MarketplaceError
from worker.domain.identity import App
from worker.domain.marketplace import Conversation, Marketplace
from worker.gateway.clocks import ServerClocks
from worker.gateway.credentials import CredentialSource
from worker.gateway.errands import CallBudget, Equipment, Errand
from worker.gateway.exchange import Exchange
from worker.gateway.records import CallRecord
from worker.gateway.transport import Transport

Result = TypeVar("Result")

_NEVER = threading.Event()
_DICE = SystemRandom()


class Gateway:
    """Sends calls within the budget and retries what passes within seconds.

    `deadline` bounds one call with all its attempts, `wait` sleeps for some seconds, `now`
    is the wall clock. `on_call` is told of every call sent and must not raise.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        budget: CallBudget,
        clocks: ServerClocks,
        deadline: timedelta,
        wait: Callable[[float], object] = _NEVER.wait,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = _DICE.random,
        on_call: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._wait = wait
        self._equipment = Equipment(
            transport=transport,
            budget=budget,
            clocks=clocks,
            deadline=deadline,
            now=now,
            monotonic=monotonic,
            jitter=jitter,
            on_call=on_call,
        )

    def send(
        self,
        marketplace: Marketplace,
        call: Call,
        *,
        app: App,
        credentials: CredentialSource,
        work: Work,
        before_reading: Callable[[HttpReply], None] | None = None,
    ) -> object:
        """Send a call and return the payload of its reply.

        `before_reading` gets each reply as soon as it arrived, before it is understood.

        Raises:
            MarketplaceError: the leaf says what happens next; what passes only after a
                longer wait carries its `retry_after`.
            BudgetExhausted: the next free call is too far away.
            BudgetUnavailable: the budget cannot be asked; nothing was sent.
        """
        errand = Errand(
            marketplace=marketplace,
            call=call,
            app=app,
            credentials=credentials,
            work=work,
            before_reading=before_reading,
        )
        exchange = Exchange(self._equipment, errand)
        retrying = Retrying(
            retry=exchange.goes_on,
            wait=exchange.pause_before_next,
            sleep=self._sleep,
        )
        return retrying(exchange.attempt)

    def converse(
        self,
        conversation: Conversation[Result],
        *,
        marketplace: Marketplace,
        app: App,
        credentials: CredentialSource,
        work: Work,
        before_reading: Callable[[HttpReply], None] | None = None,
    ) -> Result:
        """Send each call that a conversation yields, and return what it comes to.

        A marketplace's error is raised inside the conversation, which may know better.
        """

        def answer(call: Call) -> Call:
            try:
                payload = self.send(
                    marketplace,
                    call,
                    app=app,
                    credentials=credentials,
                    work=work,
                    before_reading=before_reading,
                )
            except MarketplaceError as error:
                return conversation.throw(error)
            return conversation.send(payload)

        with closing(conversation):
            try:
                call = next(conversation)
                while True:
                    call = answer(call)
            except StopIteration as finished:
                result: Result = finished.value
                return result

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._wait(seconds)
