"""The sandbox's own pages: who can be connected, what was called, what is true."""

from collections.abc import Mapping

import requests
from pydantic import BaseModel, ConfigDict

# A large world's truth takes a while on a busy machine.
_PATIENCE = 30  # seconds

# A record in the normalised form, as `sellersync export` prints it.
Row = dict[str, object]
# Rows by record id, by shop key.
Rows = dict[str, dict[str, Row]]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class TikTokSeller(_Reply):
    """A seller who can be connected by a code."""

    open_id: str
    auth_code: str


class TikTokApp(_Reply):
    """All sellers of the TikTok Shop app."""

    sellers: tuple[TikTokSeller, ...]


class TemuMall(_Reply):
    """A mall that can be connected by a code or by a token."""

    mall_id: str
    code: str
    access_token: str


class TemuApp(_Reply):
    """All malls of the Temu app of one zone."""

    malls: tuple[TemuMall, ...]


class Sellers(_Reply):
    """Everybody who can be connected."""

    tiktok_shop: TikTokApp
    temu: Mapping[str, TemuApp]


class KeyTraffic(_Reply):
    """The calls that count against one limit."""

    last_second: int


class AppTraffic(_Reply):
    """What one app sent."""

    # Calls that a sliding second allows; at TikTok Shop for each shop.
    limit: int
    calls: int
    # Calls over the limit.
    violations: int
    last_second: int
    keys: Mapping[str, KeyTraffic]
    # Refreshes of a seller's token, or looks at it where nothing can be refreshed.
    refreshes: Mapping[str, int]

    @property
    def busiest(self) -> int:
        """The calls of the last second that count against the fullest limit."""
        return max((key.last_second for key in self.keys.values()), default=0)


class Traffic(_Reply):
    """What all apps sent, by app id."""

    apps: Mapping[str, AppTraffic]

    @property
    def refreshes(self) -> dict[str, int]:
        """The refreshes or looks of all sellers, by their subject."""
        return {
            subject: count
            for app in self.apps.values()
            for subject, count in app.refreshes.items()
        }


class Truth(_Reply):
    """What the database must hold."""

    orders: Rows
    products: Rows


class SandboxConsole:
    """Asks and directs a running sandbox."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()

    def sellers(self) -> Sellers:
        """Return everybody who can be connected, with codes that are valid now."""
        return Sellers.model_validate_json(self._get("/sellers"))

    def traffic(self) -> Traffic:
        """Return what was called so far."""
        return Traffic.model_validate_json(self._get("/stats"))

    def truth(self) -> Truth:
        """Return what is true now."""
        return Truth.model_validate_json(self._get("/truth"))

    def stop_changes(self) -> None:
        """Let nothing happen in the shops any more."""
        order = {"freeze": True}
        reply = self._session.post(
            f"{self._base_url}/control", json=order, timeout=_PATIENCE
        )
        reply.raise_for_status()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _get(self, path: str) -> bytes:
        reply = self._session.get(f"{self._base_url}{path}", timeout=_PATIENCE)
        reply.raise_for_status()
        return reply.content
