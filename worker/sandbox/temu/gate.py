"""The checks of Temu's gateway, in its order: keys, address, signature, time, token, scope."""

import hmac

from worker.sandbox.temu import verdicts
from worker.sandbox.temu.malls import Mall
from worker.sandbox.temu.parameters import Parameters
from worker.sandbox.temu.signature import expected_sign
from worker.sandbox.temu.verdicts import Refused
from worker.sandbox.temu.zone import Zone

# Seconds around the server's time.
TIMESTAMP_TOLERANCE = 300


def check_app(zone: Zone, parameters: Parameters) -> None:
    """Check who calls and from where, the signature and the time.

    Raises:
        Refused: with the verdict of the first check that fails.
    """
    values = parameters.values
    app_key = values.get("app_key")
    if not app_key:
        raise Refused(verdicts.NO_APP_KEY)
    if app_key != zone.keys.app_key:
        raise Refused(verdicts.UNKNOWN_APP_KEY)
    if zone.conditions.refuses_addresses:
        raise Refused(verdicts.ADDRESS)
    sent = values.get("sign")
    if not sent:
        raise Refused(verdicts.NO_SIGN)
    expected = expected_sign(zone.keys.app_secret, values)
    if not hmac.compare_digest(str(sent).encode(), expected.encode()):
        raise Refused(verdicts.BAD_SIGN)
    _check_timestamp(values.get("timestamp"), zone.conditions.server_now())
    if values.get("data_type") is None:
        raise Refused(verdicts.NO_DATA_TYPE)
    if values["data_type"] != "JSON":
        raise Refused(verdicts.BAD_DATA_TYPE)


def check_token(zone: Zone, parameters: Parameters, call_type: str) -> Mall:
    """Return the mall whose token a call carries.

    Raises:
        Refused: the token is not valid here, or does not cover this type.
    """
    sent = parameters.text("access_token")
    if not sent:
        raise Refused(verdicts.NO_TOKEN)
    if zone.is_foreign(sent):
        raise Refused(verdicts.WRONG_PAIR)
    mall = zone.malls.owner(sent, int(zone.conditions.now()))
    if call_type not in mall.scopes:
        raise Refused(verdicts.SCOPE_MISSING)
    return mall


def _check_timestamp(sent: object, server_now: float) -> None:
    if sent is None:
        raise Refused(verdicts.NO_TIMESTAMP)
    text = str(sent)
    # Milliseconds are a time far ahead.
    if not text.isascii() or not text.isdigit():
        raise Refused(verdicts.TIMESTAMP_AHEAD)
    ahead = int(text) - server_now
    if ahead > TIMESTAMP_TOLERANCE:
        raise Refused(verdicts.TIMESTAMP_AHEAD)
    if ahead < -TIMESTAMP_TOLERANCE:
        raise Refused(verdicts.TIMESTAMP_OLD)
