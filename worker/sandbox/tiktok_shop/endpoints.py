"""The two kinds of endpoints: about a seller, and about one of the seller's shops."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.sandbox.tiktok_shop.gate import (
    admit,
    check_scope,
    legacy_shop,
    named_shop,
    refuse_cipher,
)
from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.tiktok_shop.sellers import Seller
from worker.sandbox.wire import Incoming
from worker.sandbox.world.shops import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopCall:
    """A call about a shop that passed all checks."""

    incoming: Incoming
    market: Market
    shop: Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerEndpoint:
    """A path about everything of a seller; naming a shop is an error."""

    path: str
    method: str
    scope: str
    answer: Callable[[Market, Seller], object]

    def run(self, market: Market, call: Incoming) -> object:
        """Check a call and return the `data` of its answer."""
        seller = admit(market, call, signed_body=call.body)
        refuse_cipher(call)
        check_scope(seller, self.scope)
        return self.answer(market, seller)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEndpoint:
    """A path about one shop."""

    # One that ends with `/` is followed by an id.
    path: str
    method: str
    scope: str
    answer: Callable[[ShopCall], object]
    # Before version 202309: `shop_id` in the query, and the body is not signed.
    legacy: bool = False

    def run(self, market: Market, call: Incoming) -> object:
        """Check a call and return the `data` of its answer."""
        seller = admit(market, call, signed_body=b"" if self.legacy else call.body)
        find = legacy_shop if self.legacy else named_shop
        shop = find(market, call, seller)
        check_scope(seller, self.scope)
        return self.answer(ShopCall(incoming=call, market=market, shop=shop))


Endpoint = SellerEndpoint | ShopEndpoint
