"""The tick: hand out what is due."""

from tasks.notifications import send_waiting_notifications
from tasks.reconciling import send_due_reconciles
from tasks.slices import send_waiting_slices
from worker.app import app
from worker.domain.errors import BudgetUnavailable
from worker.runtime import runtime
from worker.runtime.summary import sum_up, sum_up_trouble
from worker.schedule.ticks import note_tick


@app.task(name="tasks.schedule.tick")
def tick() -> None:
    """Claim what is due and enqueue it; a message that gets lost costs one lease."""
    here = runtime()
    try:
        due = here.admission.claim_due()
    except BudgetUnavailable as error:
        sum_up_trouble("tick_refused", error)
        return
    expires = here.settings.schedule.message_expires
    for refresh in due.refreshes:
        app.send_task(
            "tasks.tokens.refresh_due",
            kwargs={
                "authorization_id": refresh.authorization_id,
                "lease": refresh.lease,
            },
            expires=expires,
        )
    # What a message of the web face did not bring, it may have been lost.
    notifications = send_waiting_notifications()
    for claim in due.pulls:
        app.send_task(
            f"tasks.{claim.stream}.pull",
            kwargs={"shop_key": claim.shop_key, "lease": claim.lease_token},
            expires=expires,
        )
    slices = send_waiting_slices()
    reconciles = send_due_reconciles()
    note_tick(here.redis)
    if due.refreshes or due.pulls or slices or reconciles or notifications:
        sum_up(
            "tick",
            refreshes=len(due.refreshes),
            notifications=notifications,
            pulls=len(due.pulls),
            slices=slices,
            reconciles=reconciles,
        )


@app.task(name="tasks.schedule.watch_progress")
def watch_progress() -> None:
    """Tell which streams have stopped moving or move again; revive what was forgotten."""
    upkeep = runtime().upkeep
    forgotten = upkeep.revive_forgotten()
    stalled, recovered = upkeep.tell_stalls()
    if stalled or recovered or forgotten:
        sum_up("stalls", stalled=stalled, recovered=recovered, forgotten=forgotten)
