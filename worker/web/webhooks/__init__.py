"""What marketplaces post: verified, kept once, acknowledged, then looked at by workers.

receiver    from a POST to a kept notification, or a refusal
postbox     many deliveries, one commit; acknowledged is only what is committed
hints       a message to the workers, for those who wait for no tick
routes      the addresses
"""

from worker.web.webhooks.routes import receivers, routes

__all__ = ["receivers", "routes"]
