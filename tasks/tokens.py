"""Token refreshes: those that are due, and those that somebody asks for."""

import structlog

from worker.app import app
from worker.domain.errors import LeaseLost, SellersyncError
from worker.runtime import runtime
from worker.runtime.summary import sum_up, sum_up_trouble


@app.task(name="tasks.tokens.refresh")
def refresh(*, shop_key: str, force: bool = False) -> None:
    """Refresh the token behind one shop if it is due, or anyway with `force`."""
    try:
        runtime().refreshes.of_shop(shop_key, force=force)
    except SellersyncError as error:
        sum_up_trouble("refresh_failed", error)
    else:
        sum_up("refresh_done")


@app.task(name="tasks.tokens.refresh_due")
def refresh_due(*, authorization_id: int, lease: str) -> None:
    """Refresh one authorization that the tick has leased; then look for new shops."""
    here = runtime()
    structlog.contextvars.bind_contextvars(authorization_id=authorization_id)
    try:
        here.refreshes.due(authorization_id, lease=lease)
        sum_up("refresh_done")
    except LeaseLost:
        sum_up("refresh_stale")
        return
    except SellersyncError as error:
        sum_up_trouble("refresh_failed", error)
        return
    try:
        here.refreshes.look_for_shops(authorization_id)
    except SellersyncError as error:
        sum_up_trouble("shops_unread", error)


@app.task(name="tasks.tokens.watch")
def watch() -> None:
    """Finish interrupted connects, and tell whose authorization ends soon."""
    saved, told = runtime().refreshes.watch()
    if saved or told:
        sum_up("watch_done", saved=saved, told=told)
