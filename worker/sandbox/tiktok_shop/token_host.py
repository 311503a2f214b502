"""The token host: codes and refresh tokens in, new tokens out; GET with a query only."""

from collections.abc import Mapping

from worker.sandbox.tiktok_shop import verdicts
from worker.sandbox.tiktok_shop.gate import check_address
from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.tiktok_shop.sellers import Grant
from worker.sandbox.tiktok_shop.verdicts import Refused
from worker.sandbox.wire import Incoming

GET_PATH = "/api/v2/token/get"
REFRESH_PATH = "/api/v2/token/refresh"
PATHS = frozenset({GET_PATH, REFRESH_PATH})


def answer_token_call(market: Market, call: Incoming) -> object:
    """Answer a token call.

    Raises:
        Refused: wrong keys, address or parameters, or a code or token that is not valid.
    """
    query = call.query
    if query.get("app_key") != market.keys.app_key:
        raise Refused(verdicts.APP_KEY)
    check_address(market)
    if query.get("app_secret") != market.keys.app_secret:
        raise Refused(verdicts.APP_SECRET)
    now = int(market.conditions.now())
    if call.path == GET_PATH:
        code = _required(query, "auth_code", grant_type="authorized_code")
        return _tokens(market.sellers.exchange(code, now))
    refresh_token = _required(query, "refresh_token", grant_type="refresh_token")
    if market.sellers.was_replaced(refresh_token):
        market.traffic.replayed_refreshes += 1
    grant = market.sellers.refresh(refresh_token, now)
    market.traffic.refreshes[grant.seller.open_id] += 1
    return _tokens(grant)


def _required(query: Mapping[str, str], name: str, *, grant_type: str) -> str:
    if query.get("grant_type") != grant_type or not query.get(name):
        raise Refused(verdicts.TOKEN_PARAMETERS)
    return query[name]


def _tokens(grant: Grant) -> object:
    return {
        "access_token": grant.access_token,
        # Absolute times, whatever the names say.
        "access_token_expire_in": grant.access_expires_at,
        "refresh_token": grant.refresh_token,
        "refresh_token_expire_in": grant.refresh_expires_at,
        "open_id": grant.seller.open_id,
        "seller_name": grant.seller.name,
        "seller_base_region": grant.seller.region,
        "user_type": 0,
        "granted_scopes": list(grant.seller.scopes),
    }
