"""Whether a marketplace accepts an app's key and secret, and this machine's address.

It is asked with a code and a token that nobody was ever given. An app that is accepted is
told that these are wrong; one that is not hears of that first.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from worker.cli.checkup.counterpart import Counterpart
from worker.cli.checkup.finding import Finding, fail, ok, skipped, warn
from worker.domain.errors import (
    AddressRefused,
    AppMisconfigured,
    BudgetExhausted,
    BudgetUnavailable,
    ClockSkewed,
    MarketplaceError,
    OperatorError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    SellersyncError,
    SignatureRefused,
    Throttled,
    TokenExpired,
    Unreachable,
    UnreadableReply,
)
from worker.domain.grants import Grant
from worker.domain.identity import Credentials

NAME = "app"
ADDRESS = "ip allow list"

_NOBODYS = "sellersync-doctor"
_CREDENTIALS = Credentials(
    access_token=_NOBODYS, refresh_token=_NOBODYS, auth_code=_NOBODYS
)

# The app was looked at, found good, and the made-up code or token refused.
ACCEPTED = (ReauthorizeShop, TokenExpired, ScopeMissing)
# There is no use in asking the same server anything more.
HOPELESS = (
    *(Unreachable, UnreadableReply, AppMisconfigured, SignatureRefused, ClockSkewed),
    *(OperatorError, BudgetUnavailable, BudgetExhausted, Throttled),
)
_AWAY = (
    "check the network, DNS, proxies and firewall of this machine, and the app's *_URL "
    "settings"
)


def check_app(who: Counterpart) -> list[Finding]:
    """Show the app's key and secret to each of its hosts."""
    answers = list(_answers(who))
    app = _app(who, answers)
    return [app, _address(who, answers)]


def trouble(name: str, error: SellersyncError, *, about: str) -> Finding:
    """Return what an error that is no answer to the question amounts to."""
    match error:
        case BudgetUnavailable():
            return skipped(name, str(error), about=about)
        case BudgetExhausted() | Throttled():
            later = "ask again in a minute; `sellersync status` shows the budgets"
            return warn(name, str(error), later, about=about)
        case Unreachable() | UnreadableReply():
            return fail(name, str(error), _AWAY, about=about)
        case RetryLater():
            return warn(name, str(error), "ask again later", about=about)
        case MarketplaceError():
            return fail(name, str(error), error.advice, about=about)
        case _:
            return fail(name, str(error), "correct the settings", about=about)


def _answers(who: Counterpart) -> Iterator[SellersyncError | None]:
    """Ask for tokens, then for shops: of some marketplaces these are two hosts."""
    grant = Grant(
        subject=_NOBODYS, access_token=_NOBODYS, access_expires_at=datetime.now(UTC)
    )
    for conversation in (
        who.marketplace.exchange(),
        who.marketplace.shops(grant, zone=who.app.zone),
    ):
        answer = who.refusal(conversation, _CREDENTIALS)
        yield answer
        if isinstance(answer, HOPELESS):
            return


def _app(who: Counterpart, answers: Sequence[SellersyncError | None]) -> Finding:
    for answer in answers:
        if isinstance(answer, AddressRefused):
            return skipped(NAME, "this machine's address is refused", about=who.about)
        if isinstance(answer, HOPELESS):
            return trouble(NAME, answer, about=who.about)
    if any(isinstance(answer, ACCEPTED) for answer in answers):
        return ok(NAME, "key and secret are accepted", about=who.about)
    unclear = next((answer for answer in answers if answer is not None), None)
    if unclear is None:
        return skipped(
            NAME, "nothing was refused, which tells nothing", about=who.about
        )
    return warn(
        NAME,
        f"it is not clear whether key and secret are accepted ({unclear})",
        "ask again later",
        about=who.about,
    )


def _address(who: Counterpart, answers: Sequence[SellersyncError | None]) -> Finding:
    for answer in answers:
        if isinstance(answer, AddressRefused):
            return fail(ADDRESS, str(answer), answer.advice, about=who.about)
    if any(isinstance(answer, HOPELESS) for answer in answers):
        return skipped(ADDRESS, "no call of the app came through", about=who.about)
    return ok(ADDRESS, "this machine may call", about=who.about)
