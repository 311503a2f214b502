"""Every known code and message, and what happens next for each."""

from collections.abc import Callable

import pytest

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
from worker.marketplaces.tiktok_shop.codes import CODES, meaning_of

EXPECTED: dict[int, type[MarketplaceError]] = {
    101000: ScopeMissing,
    105000: RetryLater,
    105001: ReauthorizeShop,
    105002: TokenExpired,
    105004: RetryLater,
    105005: ScopeMissing,
    106001: SignatureRefused,
    106013: CallRejected,
    1100001: RetryLater,
    10002014: RetryLater,
    10002015: RetryLater,
    10006402: RetryLater,
    10037002: RetryLater,
    10037003: RetryLater,
    10037004: RetryLater,
    12001000: RetryLater,
    12009014: ScopeMissing,
    12019027: CallRejected,
    12019087: CallRejected,
    12019108: CallRejected,
    12019109: CallRejected,
    12019114: ScopeMissing,
    12019118: CallRejected,
    12019119: CallRejected,
    12019150: ItemGone,
    12052032: ItemGone,
    12052034: ItemGone,
    12052180: TooManyResults,
    12052881: RetryLater,
    12052910: CallRejected,
    21008111: ItemGone,
    33001002: RetryLater,
    36004001: ReauthorizeShop,
    36004004: ReauthorizeShop,
    36004005: ReauthorizeShop,
    36009002: Throttled,
    36009003: RetryLater,
    36009007: RetryLater,
    36009009: CallRejected,
    36009010: CallRejected,
    36009014: CallRejected,
    36009021: CallRejected,
    36009022: CallRejected,
    36009023: CallRejected,
    36009033: AddressRefused,
    36009037: Throttled,
    36009043: ShopClosed,
    36009044: ShopClosed,
    66009315: ScopeMissing,
    98001004: CallRejected,
    98001005: RetryLater,
    98001006: RetryLater,
}

HELP = " For more details: https://m.tiktok.shop/s/abc123"

# 36009004 means all of these; the message decides.
MESSAGES: list[tuple[str, type[MarketplaceError]]] = [
    (
        "Invalid credentials. The 'timestamp' query parameter is earlier than 5 minutes.",
        ClockSkewed,
    ),
    ("The `timestamp` is more than 30 seconds ahead of the server.", ClockSkewed),
    ("timestamp is lesser than 0", ClockSkewed),
    ("Invalid app_key", AppMisconfigured),
    (
        "Invalid credentials. The 'app_key' query parameter is invalid.",
        AppMisconfigured,
    ),
    ("Missing credentials. The 'sign' query parameter is required.", CallRejected),
    ("no signature", CallRejected),
    ("Invalid credentials. The 'x-tts-access-token' header is invalid.", TokenExpired),
    ("The `access_token` header is invalid.", TokenExpired),
    (
        "Unexpected identifier. The 'shop_cipher' query parameter is not required.",
        CallRejected,
    ),
    ("category_asset_cipher is not required", CallRejected),
    ("detail:shop_id is invalid", CallRejected),
    ("Invalid API version. Try another.", CallRejected),
    ("invalid param error", CallRejected),
    ("param body.address is missing", CallRejected),
    ("Your IP address is not in the IP allow list of this app.", AddressRefused),
    # Not sure: not one of these may switch a shop off.
    ("The timestamp looks odd.", RetryLater),
    ("Something about the access token", RetryLater),
    ("shop_id", RetryLater),
    ("", RetryLater),
]


@pytest.mark.parametrize(("code", "error"), sorted(EXPECTED.items()))
def test_a_code_says_what_happens_next(
    code: int, error: type[MarketplaceError]
) -> None:
    """The code decides, whatever words come with it."""
    assert error is meaning_of(code, "").error
    assert error is meaning_of(code, "Invalid app_key or access token").error


def test_every_known_code_is_tested() -> None:
    """The table here and the one in the code list the same codes."""
    assert EXPECTED.keys() == CODES.keys()


@pytest.mark.parametrize(("message", "error"), MESSAGES)
@pytest.mark.parametrize(
    "spelling",
    [str, str.upper, lambda text: text + HELP],
    ids=["as it is", "upper case", "with help"],
)
def test_the_ambiguous_code_is_read_by_its_message(
    message: str, error: type[MarketplaceError], spelling: Callable[[str], str]
) -> None:
    """Quotes, case and the help address do not matter."""
    assert error is meaning_of(36009004, spelling(message)).error


def test_the_earlier_wording_wins() -> None:
    """A message about the clock may name other parameters too."""
    message = "timestamp is earlier than 5 minutes; check app_key and signature"

    assert meaning_of(36009004, message).error is ClockSkewed


def test_an_ip_refusal_is_known_by_its_words_too() -> None:
    """The token host words it without a code that we know."""
    message = "Your IP 192.0.2.1 is not in allow list"

    assert meaning_of(87654321, message).error is AddressRefused


@pytest.mark.parametrize("code", [1, -1, 105003, 36004002, 36009999, 87654321])
def test_an_unknown_code_passes_by_itself(code: int) -> None:
    """Neighbours of known codes are not known, and no group of digits is."""
    message = "access token is invalid; your token has been deauthorized"

    assert meaning_of(code, message).error is RetryLater


def test_only_the_allow_list_needs_the_seller() -> None:
    """A token is declared dead by these codes alone."""
    dead = {code for code, known in CODES.items() if known.error is ReauthorizeShop}

    assert dead == {36004001, 36004004, 36004005, 105001}


def test_a_grant_that_was_taken_back_is_told_from_one_that_never_fitted() -> None:
    """The code is the same; only the message says which."""
    taken_back = "access token is invalid; detail:your token has been deauthorized"
    wrong_kind = "access token is invalid; detail:your user type can not access this"

    assert meaning_of(105001, taken_back).error is GrantRevoked
    assert meaning_of(105001, wrong_kind).error is ReauthorizeShop
