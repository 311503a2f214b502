"""Who talks to whom: apps, shops and the secrets that sign for them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One registered application of ours at one marketplace zone."""

    marketplace: str
    zone: str
    app_key: str
    app_secret: str = field(repr=False)
    api_url: str
    # Where tokens are got and refreshed, when that is another host.
    auth_url: str | None = None
    # TikTok Shop's number for the consent page; it is not the app key.
    service_id: str | None = None
    # Where sellers give their consent.
    consent_url: str | None = None
    requests_per_second: float
    # Development shops have an hourly quota; None: not known, or none.
    requests_per_hour: int | None = None
    # Calls per second of single endpoints, where the operator knows them.
    endpoint_limits: tuple[tuple[str, float], ...] = ()

    @property
    def app_id(self) -> str:
        """`{marketplace}:{zone}:{app_key}`: how rows, budgets and logs name this app."""
        return f"{self.marketplace}:{self.zone}:{self.app_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one seller's calls are signed and authorised with; never printed."""

    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    # Single use: only while a seller is being connected.
    auth_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What data belongs to: a TikTok shop or a Temu mall."""

    marketplace: str
    zone: str
    shop_id: str
    name: str | None = None
    region: str | None = None
    # TikTok Shop's `shop_cipher`; Temu has none.
    cipher: str | None = field(default=None, repr=False)

    @property
    def shop_key(self) -> str:
        """`{marketplace}:{zone}:{id}`: how everything of ours names this shop."""
        return f"{self.marketplace}:{self.zone}:{self.shop_id}"
