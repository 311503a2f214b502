"""Exchanging a code for a token, and asking what a token is still good for."""

from worker.sandbox.temu.malls import Mall
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.temu.verdicts import INVALID_CODE, Refused
from worker.sandbox.temu.zone import Admitted, Zone

# Local sellers; semi-managed ones would be 1.
LOCAL_MALL = 100


def create_token(zone: Zone, parameters: Parameters) -> object:
    """Answer a new token for a code; on this first call the token field is the code."""
    code = parameters.text("code")
    if not code or parameters.text("access_token") != code:
        raise Refused(INVALID_CODE)
    mall = zone.malls.exchange(code, int(zone.conditions.now()))
    return {
        "accessToken": mall.access_token,
        "associatedMallTokenList": [],
        **_about(mall),
    }


def token_info(call: Admitted) -> object:
    """Answer what the token in the call is good for."""
    call.zone.traffic.refreshes[call.mall.shop.shop_id] += 1
    return {"semiUniqueId": None, **_about(call.mall)}


def _about(mall: Mall) -> dict[str, object]:
    return {
        "mallId": int(mall.shop.shop_id),
        "mallType": LOCAL_MALL,
        "regionId": mall.shop.market.region_id,
        # Absolute seconds, not a duration.
        "expiredTime": mall.expires_at,
        "apiScopeList": list(mall.scopes),
        "appSubscribeEventCodeList": [],
        "appSubscribeStatus": 0,
        "authEventCodeList": [],
    }
