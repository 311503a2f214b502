"""From a call to the signed bytes that go over the wire."""

from urllib.parse import quote, urlencode

import orjson

from worker.domain.calls import Call, Host, HttpRequest, Signing
from worker.domain.identity import App, Credentials
from worker.marketplaces.tiktok_shop.settings import AUTH_URL
from worker.marketplaces.tiktok_shop.signing import sign

CONTENT_TYPE = "application/json"


def signed_request(
    call: Call, app: App, credentials: Credentials, *, now: int
) -> HttpRequest:
    """Return the request of a call; the signature is good for five minutes from `now`."""
    if call.signing is Signing.NONE:
        return _token_request(call, app, credentials)
    body = None if call.body is None else orjson.dumps(dict(call.body))
    query = {**call.query, "app_key": app.app_key, "timestamp": str(now)}
    headers = {"content-type": CONTENT_TYPE}
    # The token is not part of either signature.
    if call.signing is Signing.LEGACY:
        query["sign"] = sign(app.app_secret, call.endpoint, query)
        query["access_token"] = credentials.access_token
    else:
        query["sign"] = sign(app.app_secret, call.endpoint, query, body or b"")
        headers["x-tts-access-token"] = credentials.access_token
    return HttpRequest(
        method=call.method, url=_url(call, app, query), headers=headers, body=body
    )


def _token_request(call: Call, app: App, credentials: Credentials) -> HttpRequest:
    """Build the call that carries the app secret itself, and so is not signed."""
    query = {
        **call.query,
        "app_key": app.app_key,
        "app_secret": app.app_secret,
    }
    if call.query.get("grant_type") == "refresh_token":
        query["refresh_token"] = credentials.refresh_token
    else:
        query["auth_code"] = credentials.auth_code
    return HttpRequest(
        method=call.method, url=_url(call, app, query), headers={}, body=None
    )


def _url(call: Call, app: App, query: dict[str, str]) -> str:
    host = app.api_url if call.host is Host.API else app.auth_url or AUTH_URL
    # Signed are the values as they are; only the address has them percent-encoded.
    return f"{host}{call.endpoint}?{urlencode(query, quote_via=quote, safe='')}"
