"""What TikTok Shop's error codes mean for us; every code that is known is in here.

https://partner.tiktokshop.com/docv2/page/common-errors

Only `ReauthorizeShop` takes a seller out of service, so only codes that were seen to mean
it have it. Whatever is not sure, or not in here, passes by itself (`RetryLater`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.domain.errors import (
    AddressRefused,
    AppMisconfigured,
    CallRejected,
    ClockSkewed,
    GrantRevoked,
    ItemGone,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    SignatureRefused,
    Throttled,
    TokenExpired,
    TooManyResults,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What happens next, and why in our own words."""

    error: type[MarketplaceError]
    text: str


# "Do not use the numeric code alone", says the documentation about this one.
AMBIGUOUS = 36009004
# The reason is only in its message: taken back, or never of the right kind.
TOKEN_DEAD = 105001
# The development shops' quota starts anew with each full hour.
HOURLY_QUOTA = 36009037

CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        # The access token.
        # A token of the wrong kind, or one that does not cover this shop: other shops of
        # the same authorization may be fine, so it is not declared dead.
        101000: Meaning(ScopeMissing, "the token does not cover this shop"),
        # Seen in one client's mocked test only.
        105000: Meaning(RetryLater, "an undocumented answer about the token"),
        TOKEN_DEAD: Meaning(ReauthorizeShop, "the seller's authorization has ended"),
        105002: Meaning(TokenExpired, "the access token has expired"),
        # "Rate limit" in one connector's mocks; not in the official tables.
        105004: Meaning(RetryLater, "an undocumented answer, perhaps a rate limit"),
        105005: Meaning(ScopeMissing, "the token lacks the scope of this call"),
        66009315: Meaning(ScopeMissing, "no permission for this call"),
        # Tokens got and refreshed.
        36004001: Meaning(ReauthorizeShop, "the refresh token has expired"),
        36004004: Meaning(
            ReauthorizeShop, "the authorization code is used up, expired or wrong"
        ),
        36004005: Meaning(ReauthorizeShop, "the refresh token is unknown or revoked"),
        # Claimed for used codes and dead refresh tokens, never confirmed by a live trace.
        98001005: Meaning(RetryLater, "an undocumented answer of the token endpoint"),
        98001006: Meaning(RetryLater, "an undocumented answer of the token endpoint"),
        1100001: Meaning(RetryLater, "an undocumented answer of the token endpoint"),
        # The request.
        106001: Meaning(SignatureRefused, "the signature is refused"),
        # One shop of ours has lost its cipher; the app itself is fine.
        106013: Meaning(CallRejected, "the shop_cipher is missing"),
        36009009: Meaning(CallRejected, "there is no such path"),
        36009010: Meaning(CallRejected, "the HTTP method is wrong"),
        36009014: Meaning(CallRejected, "the API version is invalid or retired"),
        36009021: Meaning(CallRejected, "the file is too large"),
        36009022: Meaning(CallRejected, "the body must be JSON or multipart"),
        36009023: Meaning(CallRejected, "the content type must be multipart"),
        98001004: Meaning(CallRejected, "a parameter is invalid"),
        # The app and the shop.
        36009033: Meaning(
            AddressRefused, "this machine's address is not in the IP allow list"
        ),
        36009043: Meaning(ShopClosed, "the shop is deactivated or closed"),
        36009044: Meaning(ShopClosed, "the seller is deactivated or closed"),
        # Load.
        36009002: Meaning(Throttled, "too many requests"),
        HOURLY_QUOTA: Meaning(
            Throttled, "a development shop's hourly quota is used up"
        ),
        36009003: Meaning(RetryLater, "internal error"),
        36009007: Meaning(RetryLater, "the request timed out inside TikTok Shop"),
        # Orders.
        10002014: Meaning(RetryLater, "orders could not be read"),
        10002015: Meaning(RetryLater, "orders could not be read"),
        10006402: Meaning(RetryLater, "internal error about orders"),
        10037002: Meaning(RetryLater, "orders could not be read"),
        10037003: Meaning(RetryLater, "orders could not be read"),
        10037004: Meaning(RetryLater, "orders could not be read"),
        21008111: Meaning(ItemGone, "the order is not this seller's"),
        # Products.
        12001000: Meaning(RetryLater, "internal error about products"),
        12009014: Meaning(ScopeMissing, "the seller has no permission for this"),
        12019027: Meaning(CallRejected, "more than 10 seller SKUs in a search"),
        12019087: Meaning(CallRejected, "more than 10 SKU ids in a search"),
        12019108: Meaning(CallRejected, "the page number is invalid"),
        12019109: Meaning(CallRejected, "the page size is invalid"),
        12019114: Meaning(ScopeMissing, "the seller has no permission for this"),
        12019118: Meaning(CallRejected, "the search's creation time is invalid"),
        12019119: Meaning(CallRejected, "the search's update time is invalid"),
        12019150: Meaning(ItemGone, "there is no such product"),
        12052032: Meaning(ItemGone, "there is no such product"),
        12052034: Meaning(ItemGone, "the product is not this shop's"),
        12052180: Meaning(TooManyResults, "a search shows at most 10000 products"),
        12052881: Meaning(RetryLater, "internal error about products"),
        12052910: Meaning(CallRejected, "a parameter is invalid"),
        33001002: Meaning(RetryLater, "internal error about the seller's identity"),
    }
)

UNCLEAR = Meaning(RetryLater, "an answer we do not know")


@dataclass(frozen=True, slots=True)
class Wording:
    """A message holds all of these words, and any of those."""

    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    meaning: Meaning

    def fits(self, message: str) -> bool:
        """Tell whether a message, in lower case and without quotes, says this."""
        return all(words in message for words in self.all_of) and any(
            words in message for words in self.any_of
        )


# Its status code is not sure, so the words count wherever the code is not known.
IP_REFUSED = Wording(("allow list",), ("ip ", "ip_"), CODES[36009033])

TAKEN_BACK = Wording(
    (),
    ("deauthorized",),
    Meaning(GrantRevoked, "the seller has taken the authorization back"),
)

# The first that fits counts: some of the later words occur in earlier messages too.
WORDINGS: tuple[Wording, ...] = (
    Wording(
        ("timestamp",),
        ("earlier than 5 minutes", "more than 30 seconds", "lesser than 0"),
        Meaning(ClockSkewed, "the timestamp is too far from the server's time"),
    ),
    Wording(
        (),
        ("app_key",),
        Meaning(AppMisconfigured, "the app key is missing, unknown or disabled"),
    ),
    Wording(
        (),
        ("missing credentials", "signature"),
        Meaning(CallRejected, "the signature is missing"),
    ),
    # Not valid is not dead: another process may just have renewed it. If the grant has
    # ended, the refresh says so, with a code that means nothing else.
    Wording(
        (),
        ("x-tts-access-token header is invalid", "access_token header is invalid"),
        Meaning(TokenExpired, "the access token is not valid"),
    ),
    Wording(
        ("not required",),
        ("shop_cipher", "category_asset_cipher"),
        Meaning(CallRejected, "this call takes no shop_cipher"),
    ),
    Wording(
        ("shop_id",), ("invalid",), Meaning(CallRejected, "the shop id is invalid")
    ),
    Wording((), ("invalid api version",), CODES[36009014]),
    Wording(
        ("param",),
        ("invalid param error", "is missing"),
        Meaning(CallRejected, "a parameter is missing or invalid"),
    ),
    IP_REFUSED,
)


def meaning_of(code: int, message: str) -> Meaning:
    """Return what a code and its message mean; whoever is not sure waits and tries again."""
    # Live messages put 'single quotes' where the documentation has `backticks`.
    plain = message.lower().translate(_NO_QUOTES)
    if code == TOKEN_DEAD and TAKEN_BACK.fits(plain):
        return TAKEN_BACK.meaning
    known = CODES.get(code)
    if known:
        return known
    wordings = WORDINGS if code == AMBIGUOUS else (IP_REFUSED,)
    return next((words.meaning for words in wordings if words.fits(plain)), UNCLEAR)


_NO_QUOTES = dict.fromkeys(map(ord, "'\"`\u2018\u2019\u201c\u201d"))
