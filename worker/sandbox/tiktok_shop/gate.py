"""The checks of TikTok Shop's business API, in the order the real gateway makes them."""

import hmac

from worker.sandbox.tiktok_shop import verdicts
from worker.sandbox.tiktok_shop.filters import whole_number
from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.tiktok_shop.sellers import Seller
from worker.sandbox.tiktok_shop.signature import expected_sign
from worker.sandbox.tiktok_shop.verdicts import Refused
from worker.sandbox.wire import Incoming
from worker.sandbox.world.shops import Shop

# The accepted timestamps around the server's time, in seconds.
OLDEST, NEWEST = -300, 30


def admit(market: Market, call: Incoming, *, signed_body: bytes) -> Seller:
    """Return the seller who calls.

    Raises:
        Refused: app key, address, timestamp, signature or token, in this order, is not
            right.
    """
    if call.query.get("app_key") != market.keys.app_key:
        raise Refused(verdicts.APP_KEY)
    check_address(market)
    _check_timestamp(call, market.conditions.server_now())
    _check_sign(call, market.keys.app_secret, signed_body)
    return market.sellers.owner(access_token(call), int(market.conditions.now()))


def check_address(market: Market) -> None:
    """Check where a call comes from; the token host does it too.

    Raises:
        Refused: the address is not on the app's list.
    """
    if market.conditions.refuses_addresses:
        raise Refused(verdicts.ADDRESS)


def access_token(call: Incoming) -> str:
    """Return the token a call carries: in the header, before 202309 in the query."""
    header = call.headers.get("x-tts-access-token")
    return header or call.query.get("access_token", "")


def named_shop(market: Market, call: Incoming, seller: Seller) -> Shop:
    """Return the shop that `shop_cipher` names.

    Raises:
        Refused: there is none, or it is not one of this seller's.
    """
    cipher = call.query.get("shop_cipher")
    if not cipher:
        raise Refused(verdicts.CIPHER_MISSING)
    shop = market.shops_by_cipher.get(cipher)
    if shop is None or shop not in seller.shops:
        raise Refused(verdicts.CIPHER_WRONG)
    return shop


def legacy_shop(market: Market, call: Incoming, seller: Seller) -> Shop:
    """Return the shop that `shop_id` names, as calls before 202309 did it.

    Raises:
        Refused: it is not one of this seller's.
    """
    del market
    for shop in seller.shops:
        if shop.shop_id == call.query.get("shop_id"):
            return shop
    raise Refused(verdicts.SHOP_ID_WRONG)


def refuse_cipher(call: Incoming) -> None:
    """Refuse a shop where none may be named.

    Raises:
        Refused: the call names one.
    """
    if "shop_cipher" in call.query:
        raise Refused(verdicts.CIPHER_UNEXPECTED)


def check_scope(seller: Seller, scope: str) -> None:
    """Check what the seller granted.

    Raises:
        Refused: not this.
    """
    if scope not in seller.scopes:
        raise Refused(verdicts.SCOPE_MISSING)


def _check_timestamp(call: Incoming, server_now: float) -> None:
    timestamp = whole_number(call.query.get("timestamp"))
    if timestamp is None:
        raise Refused(verdicts.TIMESTAMP_MISSING)
    ahead = timestamp - server_now
    if ahead < OLDEST:
        raise Refused(verdicts.TIMESTAMP_OLD)
    if ahead > NEWEST:
        raise Refused(verdicts.TIMESTAMP_AHEAD)


def _check_sign(call: Incoming, app_secret: str, signed_body: bytes) -> None:
    sent = call.query.get("sign")
    if not sent:
        raise Refused(verdicts.NO_SIGN)
    expected = expected_sign(app_secret, call.path, call.query, signed_body)
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Refused(verdicts.BAD_SIGN)
