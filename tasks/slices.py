"""Send out the slices of history for which there is a place."""

from worker.app import app
from worker.runtime import runtime


def send_waiting_slices() -> int:
    """Claim waiting slices and enqueue them; return how many.

    A message that gets lost costs one lease.
    """
    here = runtime()
    claims = here.slices.claim_waiting()
    for claim in claims:
        app.send_task(
            "tasks.backfill.read",
            kwargs={
                "shop_key": claim.shop_key,
                "slice_id": claim.slice_id,
                "lease": claim.lease_token,
            },
            expires=here.settings.schedule.message_expires,
        )
    return len(claims)
