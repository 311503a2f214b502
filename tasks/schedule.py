"""The tick: hand out what is due."""

import structlog

from config.queues import Queue
from worker.app import app
from worker.runtime import runtime
from worker.schedule.tick import claim_due

log = structlog.get_logger(__name__)


@app.task(name="tasks.schedule.tick")
def tick() -> None:
    """Claim what is due and enqueue it; a message that gets lost costs one lease."""
    here = runtime()
    due = claim_due(
        here.database,
        lease=here.settings.schedule.lease,
        queue_length=here.queue_length,
    )
    expires = due.lease.total_seconds()
    for refresh in due.refreshes:
        app.send_task(
            "tasks.tokens.refresh_due",
            kwargs={
                "authorization_id": refresh.authorization_id,
                "lease": refresh.lease,
            },
            expires=expires,
        )
    for claim in due.pulls:
        app.send_task(
            f"tasks.{claim.stream}.pull",
            kwargs={"shop_key": claim.shop_key, "lease": claim.lease_token},
            expires=expires,
            queue=(Queue.BACKFILL if claim.is_backfill else Queue.PULL).value,
        )
    if due.refreshes or due.pulls:
        log.info("tick", refreshes=len(due.refreshes), pulls=len(due.pulls))
