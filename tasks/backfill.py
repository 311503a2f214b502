"""Read one slice of a stream's history, beside its live pulls."""

import structlog

from tasks.slices import send_waiting_slices
from worker.app import app
from worker.domain.errors import SellersyncError
from worker.runtime import runtime, stopping
from worker.runtime.summary import sum_up, sum_up_trouble


@app.task(name="tasks.backfill.read")
def read(*, shop_key: str, slice_id: int, lease: str) -> None:
    """Take one turn of a slice that the sender has leased, then fill the free places."""
    del shop_key  # for the log, where it is bound already
    here = runtime()
    structlog.contextvars.bind_contextvars(slice_id=slice_id)
    try:
        claim = here.slices.claim(slice_id, handed=lease)
        if claim is None:
            sum_up("slice_stale")
            return
        turn = here.slices.take_turn(
            claim, deadline=here.settings.schedule.pull_deadline
        )
    except SellersyncError as error:
        sum_up_trouble("slice_refused", error)
        return
    facts = {"stream": claim.stream.value, "turn": claim.lease_token}
    if turn.error is not None:
        # It is left to the tick, so that trouble does not go round in a hurry.
        sum_up_trouble("slice_failed", turn.error, **facts)
        return
    sum_up("slice_read", **facts, **turn.facts())
    if not stopping.is_set():
        send_waiting_slices()
