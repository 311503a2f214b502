"""How Temu sends a seller back: with a code, and with the host that the code is for."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from worker.domain.consent import Consent
from worker.marketplaces.temu.settings import ROUTERS

# Tokens work in one zone only, and the country alone does not always tell which: what Temu
# says here is better than any table.
_ZONES = {urlsplit(router).hostname: zone for zone, router in ROUTERS.items()}


def consent(query: Mapping[str, str]) -> Consent:
    """Read the parameters of the callback: `app_key`, `callback_host`, `code`, `state`."""
    code = query.get("code", "")
    host = query.get("callback_host", "").partition(":")[0].lower()
    return Consent(
        code=code,
        state=query.get("state", ""),
        zone=_ZONES.get(host),
        refused=None if code else query.get("error") or "no code",
    )
