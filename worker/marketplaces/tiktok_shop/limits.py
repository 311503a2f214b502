"""What a TikTok Shop call counts against.

The limit is counted per app and authorised shop, and differs by endpoint and load; no
number is published: https://partner.tiktokshop.com/docv2/page/rate-limits
Development shops also have a quota that begins anew with each hour (36009037).
"""

from worker.domain.calls import Call
from worker.domain.identity import App
from worker.domain.limits import AN_HOUR, OF_APP, Limit


def limits(call: Call, app: App) -> tuple[Limit, ...]:
    """Return the limit of the app and shop; calls of no shop count by themselves."""
    whose = OF_APP if call.shop_id is None else f"shop:{call.shop_id}"
    found = [Limit(name=whose, calls=app.requests_per_second)]
    found += [
        Limit(name=f"{whose}:endpoint:{endpoint}", calls=calls)
        for endpoint, calls in app.endpoint_limits
        if endpoint == call.endpoint
    ]
    if call.shop_id is not None and app.requests_per_hour is not None:
        found.append(
            Limit(name=f"{whose}:hour", calls=app.requests_per_hour, per=AN_HOUR)
        )
    return tuple(found)
