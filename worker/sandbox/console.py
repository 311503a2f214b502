"""What the person who runs a sandbox may ask it; none of this is a marketplace."""

import time

from worker.sandbox.sandbox import Sandbox


def sellers(sandbox: Sandbox, base_url: str) -> dict[str, object]:
    """Return what is needed to connect every seller; the codes in it are valid now."""
    return {
        "tiktok_shop": _tiktok_shop(sandbox, base_url),
        "temu": {zone: _temu(sandbox, zone, base_url) for zone in sandbox.temu},
    }


def stats(sandbox: Sandbox) -> dict[str, object]:
    """Return what each app sent, what it sent over its limit, and what was refused."""
    at = time.monotonic()
    market = sandbox.tiktok_shop.market
    name = f"tiktok_shop:default:{market.keys.app_key}"
    apps = {name: market.traffic.report(at=at)}
    for zone, api in sandbox.temu.items():
        name = f"temu:{zone}:{api.zone.keys.app_key}"
        apps[name] = api.zone.traffic.report(at=at)
    return {"apps": apps, "webhooks": dict(sandbox.announcer.counts)}


def _tiktok_shop(sandbox: Sandbox, base_url: str) -> dict[str, object]:
    now = int(sandbox.conditions.now())
    market = sandbox.tiktok_shop.market
    return {
        "app_key": market.keys.app_key,
        "app_secret": market.keys.app_secret,
        "service_id": market.keys.service_id,
        "api_url": base_url,
        "auth_url": base_url,
        "sellers": [
            {
                "auth_code": market.sellers.auth_code(seller, now),
                "open_id": seller.open_id,
                "seller_name": seller.name,
                "shops": [
                    {
                        "shop_id": shop.shop_id,
                        "shop_key": shop.shop_key,
                        "name": shop.name,
                        "region": shop.market.region,
                        "cipher": market.ciphers[shop.shop_id],
                    }
                    for shop in seller.shops
                ],
            }
            for seller in market.sellers.all
        ],
    }


def _temu(sandbox: Sandbox, zone_name: str, base_url: str) -> dict[str, object]:
    now = int(sandbox.conditions.now())
    zone = sandbox.temu[zone_name].zone
    return {
        "app_key": zone.keys.app_key,
        "app_secret": zone.keys.app_secret,
        "api_url": f"{base_url}/temu/{zone_name}/openapi/router",
        "malls": [
            {
                "mall_id": mall.shop.shop_id,
                "shop_key": mall.shop.shop_key,
                "region": mall.shop.market.region,
                "code": zone.malls.code(mall, now),
                "access_token": mall.access_token,
            }
            for mall in zone.malls.all
        ],
    }
