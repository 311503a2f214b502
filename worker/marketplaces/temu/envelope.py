"""Put a call into Temu's signed envelope: everything is one flat JSON object."""

from worker.domain.calls import Call, HttpRequest
from worker.domain.identity import App, Credentials
from worker.marketplaces.temu.calls import Type
from worker.marketplaces.temu.signing import compact, sign, signable


def request(call: Call, app: App, credentials: Credentials, *, now: int) -> HttpRequest:
    """Sign a call; `now` is the server's time in Unix seconds."""
    common: dict[str, object] = {
        "type": call.endpoint,
        "app_key": app.app_key,
        "access_token": credentials.access_token,
        "timestamp": now,
        "data_type": "JSON",
    }
    if call.endpoint == Type.EXCHANGE:
        # Before there is a token, the code stands in its place too.
        common["access_token"] = common["code"] = credentials.auth_code
    params = signable({**(call.body or {}), **common})
    params["sign"] = sign(app.app_secret, params)
    return HttpRequest(
        method="POST",
        url=app.api_url,
        headers={"Content-Type": "application/json"},
        body=compact(params),
    )
