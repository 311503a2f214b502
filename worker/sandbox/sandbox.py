"""One whole sandbox: the world, both marketplaces over it, and the conditions they share."""

from worker.sandbox.conditions import Conditions
from worker.sandbox.options import SandboxOptions
from worker.sandbox.scenarios import play
from worker.sandbox.temu.api import TemuApi
from worker.sandbox.temu.malls import Malls
from worker.sandbox.temu.zone import ZONES, Zone
from worker.sandbox.tiktok_shop.api import TikTokShopApi
from worker.sandbox.tiktok_shop.market import Market
from worker.sandbox.webhooks import Announcer
from worker.sandbox.world.world import World


class Sandbox:
    """Everything behind the web server, without the web server."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.conditions = Conditions(
            now=options.now,
            scenario=play(options.scenario),
            latency_seconds=options.latency_ms / 1000,
        )
        self.world = World(options, self.conditions)
        self.tiktok_shop = TikTokShopApi(Market(options, self.conditions, self.world))
        every_mall = [
            Malls(options, zone, self.world.malls[zone], int(options.now()))
            for zone in ZONES
        ]
        self.temu = {
            malls.zone: TemuApi(
                Zone(options, self.conditions, malls, every_mall), options.seed
            )
            for malls in every_mall
        }
        tiktok = self.tiktok_shop.market.keys
        self.announcer = Announcer(
            self.world,
            {"tiktok_shop:default": (tiktok.app_key, tiktok.app_secret)}
            | {
                f"temu:{zone}": (api.zone.keys.app_key, api.zone.keys.app_secret)
                for zone, api in self.temu.items()
            },
            options.webhooks,
        )
