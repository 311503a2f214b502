"""Whether a shop's token works, and what it may read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from worker.cli.checkup.counterpart import Counterpart
from worker.cli.checkup.credentials import HOPELESS, trouble
from worker.cli.checkup.finding import (
    Finding,
    Verdict,
    fail,
    failed_by,
    ok,
    skipped,
    warn,
)
from worker.domain.errors import (
    OperatorError,
    ReauthorizeShop,
    ScopeMissing,
    SellersyncError,
    ShopClosed,
    TokenExpired,
    TooManyResults,
)
from worker.domain.identity import Credentials, Shop
from worker.domain.marketplace import Conversation
from worker.domain.pages import Page, PageRequest, Window
from worker.domain.records import Stream
from worker.store.authorizations import Authorization
from worker.store.sealing import Sealer

NAME = "token"

# Short, so that little is read.
_WINDOW = timedelta(seconds=60)
# Orders are read by their ids too, when a marketplace tells of one; nobody has this one.
_NO_ORDER = "0"
# Of the seller, not of one stream: whatever else is asked gets the same answer.
_OF_THE_SELLER = (ReauthorizeShop, TokenExpired, ShopClosed, *HOPELESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A shop with the authorization that covers it."""

    shop: Shop
    authorization: Authorization


def check_shop(who: Counterpart, seller: Seller, sealer: Sealer) -> list[Finding]:
    """Read a little of each stream with the stored token; nothing is refreshed."""
    key = seller.shop.shop_key
    authorization = seller.authorization
    if authorization.is_dead:
        reason = authorization.last_error or "the seller took it back"
        token = fail(
            NAME,
            f"{authorization.state.value}: {reason}",
            ReauthorizeShop.advice,
            about=key,
        )
        return [token, *_skipped(Stream, token.text, key)]
    try:
        credentials = authorization.credentials(sealer)
    except OperatorError as error:
        return [failed_by(NAME, error, about=key), *_skipped(Stream, str(error), key)]
    found: list[Finding] = []
    for stream in Stream:
        refusal = _refusal(who, seller, stream, credentials)
        if isinstance(refusal, _OF_THE_SELLER):
            token = _token(seller, refusal)
            left = list(Stream)[len(found) :]
            return [token, *found, *_skipped(left, "the token does not work", key)]
        found.append(_stream(stream, refusal, key))
    return [_works(seller, found), *found]


def _refusal(
    who: Counterpart, seller: Seller, stream: Stream, credentials: Credentials
) -> SellersyncError | None:
    """Return the first trouble in reading a stream; of reads by id only a missing scope."""
    number = str(seller.authorization.id)
    error = who.refusal(_page(who, seller.shop, stream), credentials, seller=number)
    if error is not None:
        return error
    if stream is Stream.ORDERS:
        by_id = who.marketplace.orders(seller.shop, (_NO_ORDER,))
        error = who.refusal(by_id, credentials, seller=number)
        return error if isinstance(error, ScopeMissing) else None
    return None


def _page(who: Counterpart, shop: Shop, stream: Stream) -> Conversation[Page]:
    rules = who.marketplace.streams[stream]
    end = datetime.now(UTC).replace(microsecond=0) - rules.lag
    return who.marketplace.page(
        PageRequest(
            stream=stream,
            shop=shop,
            window=Window(start=end - _WINDOW, end=end),
            section=rules.sections[0],
        )
    )


def _token(seller: Seller, error: SellersyncError) -> Finding:
    key = seller.shop.shop_key
    if isinstance(error, TokenExpired):
        return warn(
            NAME,
            f"it has to be refreshed ({error})",
            f"a running worker does that; or `sellersync refresh --shop {key} --force`",
            about=key,
        )
    return trouble(NAME, error, about=key)


def _works(seller: Seller, streams: list[Finding]) -> Finding:
    key = seller.shop.shop_key
    if all(found.verdict is Verdict.WARN for found in streams):
        return skipped(NAME, "no call came through", about=key)
    until = seller.authorization.access_expires_at
    return ok(NAME, f"it works, until {until:%Y-%m-%d %H:%M} UTC", about=key)


def _stream(stream: Stream, error: SellersyncError | None, key: str) -> Finding:
    match error:
        case None | TooManyResults():
            return ok(stream.value, "readable", about=key)
        case ScopeMissing():
            return fail(stream.value, str(error), error.advice, about=key)
        case _:
            return trouble(stream.value, error, about=key)


def _skipped(streams: Iterable[Stream], because: str, key: str) -> list[Finding]:
    return [skipped(stream.value, because, about=key) for stream in streams]
