"""The settings that point sellersync at a sandbox."""

from worker.sandbox.options import SandboxOptions
from worker.sandbox.temu.zone import ZONES
from worker.sandbox.temu.zone import app_keys as temu_app_keys
from worker.sandbox.tiktok_shop.market import app_keys as tiktok_app_keys


def settings_environment(base_url: str, options: SandboxOptions) -> dict[str, str]:
    """Return the `SELLERSYNC_…` variables for a sandbox with these options."""
    tiktok = tiktok_app_keys(options.seed)
    prefix = "SELLERSYNC_TIKTOK_SHOP__"
    variables = {
        f"{prefix}APP_KEY": tiktok.app_key,
        f"{prefix}APP_SECRET": tiktok.app_secret,
        f"{prefix}SERVICE_ID": tiktok.service_id,
        f"{prefix}API_URL": base_url,
        f"{prefix}AUTH_URL": base_url,
        f"{prefix}CONSENT_URL": base_url,
        f"{prefix}REQUESTS_PER_SECOND": str(options.tiktok_rps),
    }
    for zone in ZONES:
        keys = temu_app_keys(options.seed, zone)
        prefix = f"SELLERSYNC_TEMU__{zone.upper()}__"
        variables |= {
            f"{prefix}APP_KEY": keys.app_key,
            f"{prefix}APP_SECRET": keys.app_secret,
            f"{prefix}API_URL": f"{base_url}/temu/{zone}/openapi/router",
            f"{prefix}CONSENT_URL": f"{base_url}/temu/{zone}/authorization",
            f"{prefix}REQUESTS_PER_SECOND": str(options.temu_rps),
        }
    return variables
