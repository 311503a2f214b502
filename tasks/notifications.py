"""Send out what marketplaces told us, for somebody to look."""

from worker.app import app
from worker.runtime import runtime


def send_waiting_notifications() -> int:
    """Claim notifications that wait and enqueue looks, one per shop; return how many.

    A message that gets lost costs one lease.
    """
    here = runtime()
    claims = here.notifications.claim_waiting()
    for claim in claims:
        app.send_task(
            "tasks.webhooks.look",
            kwargs={
                "shop_key": claim.shop_key,
                "kind": claim.kind.value,
                "lease": claim.lease_token,
            },
            expires=here.settings.schedule.message_expires,
        )
    return len(claims)
