"""What a sandbox is made of: sizes, limits and lifetimes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How large the made-up world is, and how strict its marketplaces are."""

    # The same seed makes the same sellers, shops and ids.
    seed: int = 1
    tiktok_sellers: int = 2
    shops_per_tiktok_seller: int = 2
    temu_malls_per_zone: int = 1
    orders_per_shop: int = 200
    products_per_shop: int = 40
    # Calls per sliding second: per app and shop at TikTok Shop, per app at Temu.
    tiktok_rps: int = 10
    temu_rps: int = 20
    access_token_lifetime: timedelta = timedelta(days=7)
    refresh_token_lifetime: timedelta = timedelta(days=365)
    temu_token_lifetime: timedelta = timedelta(days=365)
    # Orders and products are spread over this long before the start.
    history: timedelta = timedelta(days=60)
    # Changes per second in the whole world.
    churn: float = 0.0
    # A name out of `scenarios.SCENARIOS`.
    scenario: str | None = None
    # Every answer of a marketplace waits this long.
    latency_ms: int = 0
    # Where changes are posted to, like http://127.0.0.1:8000; None: nowhere.
    webhooks: str | None = None
    # TikTok Shop refuses product searches with more results than this.
    product_search_cap: int = 10_000
    # Where the app's own pages are, to which sellers are sent back.
    callback_base: str = "http://127.0.0.1:8000"
    # The wall clock, in Unix seconds.
    now: Callable[[], float] = time.time
