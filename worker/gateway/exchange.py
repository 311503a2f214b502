"""One call with all its attempts: the steps, and the state between them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenacity import RetryCallState

from worker.domain.calls import HttpReply, HttpRequest
from worker.domain.errors import (
    BudgetExhausted,
    ClockSkewed,
    MarketplaceError,
    RetryLater,
    SignatureRefused,
)
from worker.domain.identity import Credentials
from worker.gateway.decisions import NOW, RenewToken, SendAgain, Stop, decide
from worker.gateway.errands import Equipment, Errand
from worker.gateway.records import CallRecord

# Slots that may pass by while a call is being signed, before others get their turn.
_SLOTS = 5
_A_MOMENT = timedelta(seconds=1)


@dataclass(slots=True)
class _Trip:
    """The last time over the wire."""

    sent_at: float
    received_at: float = 0.0
    reply: HttpReply | None = None


class Exchange:
    """The attempts of one errand; tenacity asks `goes_on` and `pause_before_next`."""

    def __init__(self, equipment: Equipment, errand: Errand) -> None:
        self._use = equipment
        self._errand = errand
        self._demand = errand.demand
        self._began = equipment.monotonic()
        self._errors: list[MarketplaceError] = []
        self._next_after = NOW
        self._signed_with = Credentials()
        # What a renewal returned: newer than anything that could be read.
        self._renewed: Credentials | None = None
        self._trip = _Trip(sent_at=equipment.now())
        self._servers_date: datetime | None = None

    def attempt(self) -> object:
        """Take a call from the budget, sign, send, read.

        Between its slot and sending it there is only the signature: reading credentials
        may take long, and the call would come too late.
        """
        use, errand = self._use, self._errand
        self._signed_with = self._renewed or errand.credentials.current()
        self._renewed = None
        request, waited = self._signed_in_time()
        started = use.monotonic()
        self._trip = trip = _Trip(sent_at=use.now())
        try:
            trip.reply = use.transport.send(request, call=errand.call)
            trip.received_at = use.now()
            use.budget.answered(self._demand, use.monotonic() - started)
            if errand.before_reading is not None:
                errand.before_reading(trip.reply)
            payload = errand.marketplace.read(errand.call, trip.reply)
        except MarketplaceError as error:
            self._tell(error, waited=waited, took=use.monotonic() - started)
            raise
        self._tell(None, waited=waited, took=use.monotonic() - started)
        # tenacity's objects and this one form a circle, in which a page of orders would
        # wait for the garbage collector.
        trip.reply = None
        return payload

    def _signed_in_time(self) -> tuple[HttpRequest, float]:
        """Return a request to be sent at once, and the seconds waited for leave to do so.

        A process may be stopped or starved between the two; then its slot is over.
        """
        use, errand = self._use, self._errand
        waited = 0.0
        for _ in range(_SLOTS):
            slot = use.budget.take(self._demand)
            waited += slot.waited
            request = errand.marketplace.request(
                errand.call,
                errand.app,
                self._signed_with,
                now=use.clocks.now(errand.host),
            )
            if use.monotonic() <= slot.latest:
                return request, waited
        raise BudgetExhausted(retry_after=_A_MOMENT)

    def goes_on(self, state: RetryCallState) -> bool:
        """Decide what follows the attempt, and prepare it.

        Raises:
            ClockSkewed, SignatureRefused: the same error, explained, when it is final.
        """
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, MarketplaceError):
            return False
        if isinstance(error, ClockSkewed):
            self._learn_clock()
        use, errand = self._use, self._errand
        decision = decide(
            error,
            earlier=self._errors,
            repeatable=errand.call.repeatable,
            left=use.deadline - timedelta(seconds=use.monotonic() - self._began),
            longest_wait=use.budget.max_wait,
            jitter=use.jitter(),
        )
        self._errors.append(error)
        match decision:
            case SendAgain(after=after, pause=pause):
                self._next_after = after
                self._pause_everybody(pause)
                return True
            case RenewToken():
                self._next_after = NOW
                self._renewed = errand.credentials.renew(self._signed_with)
                return self._renewed != self._signed_with
            case Stop(retry_after=retry_after, pause=pause):
                self._pause_everybody(pause)
                if isinstance(error, RetryLater) and retry_after is not None:
                    error.retry_after = retry_after
                if isinstance(error, ClockSkewed | SignatureRefused):
                    raise self._explained(error) from error
                return False

    def pause_before_next(self, _state: RetryCallState) -> float:
        """Return the seconds to sleep before the next attempt."""
        return self._next_after.total_seconds()

    def _learn_clock(self) -> None:
        trip = self._trip
        if trip.reply is not None:
            self._servers_date = self._use.clocks.learn(
                self._errand.host,
                trip.reply.headers,
                sent_at=trip.sent_at,
                received_at=trip.received_at,
            )

    def _pause_everybody(self, length: timedelta | None) -> None:
        if length is not None:
            self._use.budget.throttled(self._demand, length)

    def _explained(self, error: ClockSkewed | SignatureRefused) -> MarketplaceError:
        """Add what was tried to an error that new signatures did not cure."""
        if isinstance(error, ClockSkewed):
            ours = datetime.fromtimestamp(self._trip.sent_at, UTC)
            theirs = self._servers_date
            said = f"{theirs:%Y-%m-%dT%H:%M:%SZ}" if theirs else "not told"
            tried = (
                f"the clock here says {ours:%Y-%m-%dT%H:%M:%SZ}, the server's {said}"
            )
        else:
            tried = "the credentials were read anew each time"
        return type(error)(
            error.endpoint,
            f"{error.message} (attempts: {len(self._errors)}; {tried})",
            code=error.code,
            http_status=error.http_status,
            request_id=error.request_id,
        )

    def _tell(
        self, error: MarketplaceError | None, *, waited: float, took: float
    ) -> None:
        if self._use.on_call is None:
            return
        errand, reply = self._errand, self._trip.reply
        self._use.on_call(
            CallRecord(
                marketplace=errand.app.marketplace,
                app_id=errand.app.app_id,
                shop_id=errand.call.shop_id,
                endpoint=errand.call.endpoint,
                work=errand.work,
                attempt=len(self._errors) + 1,
                outcome=type(error).__name__ if error else "ok",
                http_status=reply.status if reply else None,
                waited=waited,
                took=took,
                request_id=self._request_id(error),
            )
        )

    def _request_id(self, error: MarketplaceError | None) -> str | None:
        """Return what the marketplace calls this call."""
        if error is not None and error.request_id is not None:
            return error.request_id
        reply = self._trip.reply
        return None if reply is None else self._errand.marketplace.request_id(reply)
