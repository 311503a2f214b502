"""Errors, named and grouped by what happens next; vendor codes stay inside them as data.

SellersyncError
├── OperatorError                 bad input or set-up: one clear line that says what to do
├── BudgetUnavailable             Redis is away: calls stop, work is due again later
├── BudgetExhausted               the wait is too long for a worker slot: come back later
├── LeaseLost                     somebody else owns this work now: stop, write nothing
└── MarketplaceError              an answer (or none) of a marketplace
    ├── RetryLater                passes by itself: back off
    │   ├── Throttled             too many calls: everybody with this key pauses
    │   ├── Unreachable           no answer; `ambiguous` says whether it may have been acted on
    │   └── UnreadableReply       HTML, broken JSON, an empty or cut body
    ├── ClockSkewed               sign again with the server's time
    ├── SignatureRefused          read the credentials again, sign again, then stop
    ├── TokenExpired              refresh once, replay once
    ├── ReauthorizeShop           only the seller can help: authorise again
    │   └── GrantRevoked          the seller took the grant back
    ├── ScopeMissing              the token does not cover this call: stop this stream only
    ├── ShopClosed                the marketplace blocked the shop: pause it
    ├── AppMisconfigured          key, secret or zone: the operator must act
    │   └── AddressRefused        this machine is not on the app's IP allow list
    ├── ItemGone                  this order or product does not exist (any more)
    ├── TooManyResults            narrow the time window
    └── CallRejected              our request is wrong: a bug, no retry
"""

from datetime import timedelta


class SellersyncError(Exception):
    """Anything that sellersync itself says went wrong; the text is safe to show."""


class OperatorError(SellersyncError):
    """Bad input or set-up; the text says what to do about it."""


class BudgetUnavailable(SellersyncError):
    """The shared budget cannot be asked, so nothing may be sent."""


class BudgetExhausted(SellersyncError):
    """The next free slot is further away than a worker may wait."""

    def __init__(self, *, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"the next free call is {retry_after.total_seconds():.1f} s away"
        )


class LeaseLost(SellersyncError):
    """Another process owns this piece of work now."""


class MarketplaceError(SellersyncError):
    """A marketplace's answer to one call; carries the facts, never a token or a body."""

    advice = "See the marketplace's documentation of this code."

    def __init__(
        self,
        endpoint: str,
        message: str,
        *,
        code: int | str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.message = message
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        facts = [f"code {code}" if code is not None else "", message]
        super().__init__(f"{endpoint}: " + ": ".join(fact for fact in facts if fact))


class RetryLater(MarketplaceError):
    """It passes by itself; `retry_after` is the marketplace's own wish, if it has one."""

    advice = "Nothing to do: it is tried again."

    def __init__(
        self,
        endpoint: str,
        message: str,
        *,
        code: int | str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(
            endpoint,
            message,
            code=code,
            http_status=http_status,
            request_id=request_id,
        )
        self.retry_after = retry_after


class Throttled(RetryLater):
    """Too many calls with this key: all its callers pause."""


class Unreachable(RetryLater):
    """No answer came."""

    # True when the request may have been acted on: a read timeout, a reset after sending.
    ambiguous = False


class AnswerLost(Unreachable):
    """The request went out and no answer came back: it may have been acted on."""

    ambiguous = True


class UnreadableReply(RetryLater):
    """The answer is not what the marketplace documents: HTML, broken or empty JSON."""


class ClockSkewed(MarketplaceError):
    """Our time is not the server's time."""

    advice = "Check this machine's clock (NTP)."


class SignatureRefused(MarketplaceError):
    """The server computed another signature."""

    advice = (
        "Check that the app secret belongs to this app key and zone; "
        "`sellersync sign` shows the base string."
    )


class TokenExpired(MarketplaceError):
    """The access token is past its time; a refresh helps."""

    advice = "Nothing to do: the token is refreshed."


class ReauthorizeShop(MarketplaceError):
    """Only the seller can help."""

    advice = "Send the seller the link that `sellersync authorize-url` prints."


class GrantRevoked(ReauthorizeShop):
    """The seller took the grant back."""


class ScopeMissing(MarketplaceError):
    """The token does not cover this call; other calls go on."""

    advice = "Add the permission to the app, then let the seller authorise again."


class ShopClosed(MarketplaceError):
    """The marketplace deactivated or closed the shop."""

    advice = "Ask the seller; `sellersync shops resume` once the shop is open again."


class AppMisconfigured(MarketplaceError):
    """The app itself is refused: key, zone or permissions."""

    advice = (
        "Check the app key, its zone and its IP allow list in the developer portal."
    )


class AddressRefused(AppMisconfigured):
    """This machine's address is not on the app's IP allow list."""

    advice = (
        "Add the public address of this machine to the app's IP allow list in the "
        "developer portal."
    )


class ItemGone(MarketplaceError):
    """This order or product does not exist for this shop."""

    advice = "Nothing to do: the item is skipped."


class TooManyResults(MarketplaceError):
    """The result set is over the marketplace's cap: narrow the window."""

    advice = "Nothing to do: the time window is split."


class CallRejected(MarketplaceError):
    """The request itself is wrong: a bug of ours, not retried."""

    advice = "Please report this with the code and the request id."
