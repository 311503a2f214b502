"""What the reconcile tasks of both streams have in common, and how due ones are sent."""

from worker.app import app
from worker.domain.errors import SellersyncError
from worker.domain.records import Stream
from worker.runtime import runtime
from worker.runtime.summary import sum_up, sum_up_trouble


def reconcile_stream(
    stream: Stream, *, shop_key: str, confirm_deletions: bool, lease: str | None
) -> None:
    """Take one turn of a stream's reconcile; `lease` is the claim that came with the message.

    A message without lease is somebody's wish: what this turn leaves goes on by itself.
    """
    here = runtime()
    try:
        if lease is None:
            here.reconciles.request(shop_key, stream, confirm=confirm_deletions)
        claim = here.reconciles.claim(shop_key, stream, handed=lease)
        if claim is None:
            sum_up("reconcile_stale", stream=stream.value)
            return
        turn = here.reconciles.take_turn(
            claim, deadline=here.settings.schedule.pull_deadline
        )
    except SellersyncError as error:
        sum_up_trouble("reconcile_refused", error, stream=stream.value)
        return
    facts = {"stream": stream.value, "turn": claim.lease_token}
    if turn.error is not None:
        sum_up_trouble("reconcile_failed", turn.error, **facts)
        return
    sum_up("reconcile_done", **facts, **turn.facts())


def send_due_reconciles() -> int:
    """Claim due reconciles and enqueue them; return how many."""
    here = runtime()
    claims = here.reconciles.claim_due()
    for claim in claims:
        app.send_task(
            f"tasks.{claim.stream}.reconcile",
            kwargs={"shop_key": claim.shop_key, "lease": claim.lease_token},
            expires=here.settings.schedule.message_expires,
        )
    return len(claims)
