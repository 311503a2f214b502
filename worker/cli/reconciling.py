"""Reconcile a stream in this process, with the pulls that it waits for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from worker.cli.patience import A_MOMENT, wait_before_next
from worker.domain.errors import OperatorError
from worker.domain.records import Stream
from worker.runtime import Runtime, stopping
from worker.store.reconciles import find_reconcile


def reconcile_here(
    here: Runtime, stream: Stream, shop_key: str, *, confirm: bool
) -> Mapping[str, Any]:
    """Make a whole pass over one shop's stream and return what it came to.

    Raises:
        OperatorError: it cannot be begun or was stopped; what was walked is kept.
        SellersyncError: the marketplace or the budget refuses for longer than one waits.
    """
    here.reconciles.request(shop_key, stream, confirm=confirm)
    while not stopping.is_set():
        claim = here.reconciles.claim(shop_key, stream)
        if claim is None:
            stopping.wait(A_MOMENT.total_seconds())
            continue
        # Shorter than the lease: a worker beside us must not take us for dead.
        deadline = here.settings.schedule.pull_deadline
        turn = here.reconciles.take_turn(claim, deadline=deadline)
        done = turn.reconciled
        if done is None:
            _wait_out(turn.error)
        elif done.complete:
            return done.result
        elif done.waits:
            _require_begun(here, stream, shop_key)
            _pull(here, stream, shop_key)
    raise OperatorError("stopped; the next reconcile goes on from here")


def _require_begun(here: Runtime, stream: Stream, shop_key: str) -> None:
    with here.database.read() as connection:
        stored = find_reconcile(connection, shop_key, stream)
    if stored is None or stored.began_at is None:
        raise OperatorError(
            f"{stream} of {shop_key} are not complete yet; "
            f"`sellersync pull {stream} --shop {shop_key}` first"
        )


def _pull(here: Runtime, stream: Stream, shop_key: str) -> None:
    """Bring the stream a little further: what seems to be missing may have moved."""
    claim = here.pulls.claim(shop_key, stream)
    if claim is not None:
        turn = here.pulls.take_turn(
            claim, deadline=here.settings.schedule.pull_deadline
        )
        if turn.error is not None:
            _wait_out(turn.error)
    stopping.wait(A_MOMENT.total_seconds())


def _wait_out(error: Any) -> None:
    pause = wait_before_next(error, quiet_for=timedelta(0), has_pages=False)
    if pause is None:
        raise error
    stopping.wait(pause.total_seconds())
