"""What each of Temu's error codes means for us; what is not listed passes by itself.

The texts are shortened from the partner documentation ("Common error codes", the error
tables of each API, and the list of the CN gateway), and are shown where a reply has none.
The CN gateway numbers the same causes differently. Where one number has two meanings
(7000000), the one of the US, EU and GLOBAL gateways stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from worker.domain.errors import (
    AddressRefused,
    AppMisconfigured,
    CallRejected,
    ClockSkewed,
    ItemGone,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    SignatureRefused,
    Throttled,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What happens next, and what Temu says in words."""

    error: type[MarketplaceError]
    text: str


UNKNOWN = Meaning(RetryLater, "an error without a known code")

_GATEWAY = {
    # Seen with `success` false when a page size was too large: the number decides nothing.
    1000000: UNKNOWN,
    2000000: Meaning(RetryLater, "business exception: call internal API failed"),
    3000000: Meaning(CallRejected, "bad parameters"),
    3000001: Meaning(SignatureRefused, "sign is invalid"),
    3000002: Meaning(CallRejected, "there is no type in the body"),
    3000003: Meaning(CallRejected, "this type does not exist on this gateway"),
    3000004: Meaning(CallRejected, "this type has been sunset"),
    # A missing timestamp is our bug; only a wrong one is the clock.
    3000010: Meaning(CallRejected, "there is no timestamp in the body"),
    3000011: Meaning(ClockSkewed, "timestamp is more than 300 s ahead"),
    3000012: Meaning(ClockSkewed, "timestamp is expired"),
    3000013: Meaning(CallRejected, "there is no data_type in the body"),
    3000014: Meaning(CallRejected, "data_type is invalid"),
    3000019: Meaning(AppMisconfigured, "client_id is missing"),
    3000020: Meaning(AppMisconfigured, "client_id does not exist"),
    3000021: Meaning(AppMisconfigured, "client_id may not use this API"),
    3000022: Meaning(AppMisconfigured, "client_id has been suspended"),
    3000025: Meaning(AppMisconfigured, "app_key is missing"),
    3000026: Meaning(AppMisconfigured, "app_key does not exist in this zone"),
    3000027: Meaning(AppMisconfigured, "app_key may not use this API"),
    3000028: Meaning(AppMisconfigured, "app_key has been suspended"),
    # There is no refresh on Temu: without a living token only the seller can help.
    3000030: Meaning(ReauthorizeShop, "there is no access_token in the body"),
    3000031: Meaning(ReauthorizeShop, "access_token does not exist"),
    3000032: Meaning(ScopeMissing, "the seller did not authorise this API"),
    3000033: Meaning(AppMisconfigured, "access_token and app_key do not match"),
    3000034: Meaning(ReauthorizeShop, "access_token is expired or was replaced"),
    3000040: Meaning(CallRejected, "there is no sign in the body"),
    4000000: Meaning(RetryLater, "system exception"),
    4000004: Meaning(Throttled, "too frequent requests"),
    5000000: Meaning(AppMisconfigured, "this authorization is not allowed"),
    5000001: Meaning(AppMisconfigured, "this router is not allowed"),
    5000002: Meaning(AppMisconfigured, "the staging environment is not supported"),
    5000003: Meaning(AddressRefused, "this server is not on the app's IP allow list"),
    6000001: Meaning(RetryLater, "the internal interface was not found"),
    7000000: Meaning(RetryLater, "business service error"),
}

_CN_GATEWAY = {
    7000002: Meaning(AppMisconfigured, "there is no app_key in the body"),
    7000003: Meaning(ReauthorizeShop, "there is no access_token in the body"),
    # The twin of 3000027; the documentation sends the reader to the zone first.
    7000005: Meaning(AppMisconfigured, "app_key may not use this API: check the zone"),
    7000006: Meaning(AppMisconfigured, "access_token and app_key do not match"),
    7000007: Meaning(ReauthorizeShop, "access_token is expired"),
    7000008: Meaning(CallRejected, "there is no timestamp in the body"),
    7000010: Meaning(ClockSkewed, "timestamp is expired"),
    7000011: Meaning(ClockSkewed, "timestamp is invalid"),
    7000013: Meaning(CallRejected, "data_type is invalid"),
    7000014: Meaning(CallRejected, "there is no sign in the body"),
    7000015: Meaning(SignatureRefused, "sign is invalid"),
    7000016: Meaning(CallRejected, "this type does not exist on this gateway"),
    7000018: Meaning(ReauthorizeShop, "access_token does not exist"),
    7000019: Meaning(ScopeMissing, "the seller did not authorise this API"),
    7000020: Meaning(ReauthorizeShop, "access_token is invalid"),
    7000022: Meaning(ScopeMissing, "the seller did not authorise this API"),
}

_TOKENS_AND_EVENTS = {
    110020001: Meaning(RetryLater, "system error"),
    # Codes live for 10 minutes and work once, so a new one is needed.
    110020002: Meaning(ReauthorizeShop, "this code is invalid or was used before"),
    110020003: Meaning(ReauthorizeShop, "authorise again"),
    110020005: Meaning(CallRejected, "more than 20 event codes"),
    110020006: Meaning(CallRejected, "the same event code in both lists"),
    110020007: Meaning(Throttled, "too many requests in one second"),
    110020008: Meaning(ScopeMissing, "the seller did not authorise this event"),
    110020009: Meaning(ScopeMissing, "the app does not have this event"),
}

_ORDERS = {
    130010001: Meaning(CallRejected, "no pair of times is given"),
    # Order calls are not for fully managed shops; the shop's goods are not concerned.
    140020001: Meaning(
        ScopeMissing, "this interface is for semi-managed and local shops"
    ),
    140020002: Meaning(ItemGone, "order not found"),
    # Only the seller can sign it, in the seller centre; the shop rests until then.
    140020003: Meaning(ShopClosed, "the seller has an unsigned agreement to sign"),
    140020008: Meaning(RetryLater, "amounts are still being calculated"),
    140020009: Meaning(RetryLater, "fields are still being calculated"),
    140020012: Meaning(CallRejected, "the end needs to be greater than the start"),
    140020013: Meaning(CallRejected, "half of a pair of times is missing"),
    140020014: Meaning(CallRejected, "a time is not in seconds"),
    140020015: Meaning(ScopeMissing, "this API is not for the country of the shop"),
    180020001: Meaning(ScopeMissing, "addresses are not open for this country"),
    180020003: Meaning(CallRejected, "invalid parameter"),
    180020004: Meaning(CallRejected, "invalid business type"),
    180020008: Meaning(
        ShopClosed, "the seller has a data protection agreement to sign"
    ),
    180020030: Meaning(ScopeMissing, "the shop may not confirm tracking numbers"),
}

_GOODS = {
    150010002: Meaning(RetryLater, "system error"),
    150010003: Meaning(CallRejected, "invalid request parameters"),
    150010005: Meaning(RetryLater, "try again later"),
    150010105: Meaning(CallRejected, "mall information not found"),
    150010188: Meaning(CallRejected, "price change refused"),
    150010189: Meaning(CallRejected, "price change refused"),
    150010190: Meaning(CallRejected, "price change refused"),
    150010191: Meaning(CallRejected, "price change refused"),
    150010192: Meaning(CallRejected, "price change refused"),
    150010197: Meaning(CallRejected, "price change refused"),
    150010198: Meaning(CallRejected, "price change refused"),
    150010233: Meaning(CallRejected, "price change refused"),
    150011018: Meaning(CallRejected, "the price has too many decimals"),
    150011101: Meaning(CallRejected, "price change refused"),
    150011103: Meaning(CallRejected, "price change refused"),
    150013001: Meaning(CallRejected, "duplicate SKUs"),
    150013002: Meaning(CallRejected, "the quantity is out of range"),
    150013003: Meaning(CallRejected, "only one way to adjust stock at a time"),
    150019004: Meaning(CallRejected, "price change refused"),
}

MEANINGS: Mapping[int, Meaning] = MappingProxyType(
    _GATEWAY | _CN_GATEWAY | _TOKENS_AND_EVENTS | _ORDERS | _GOODS
)
