"""Look at what a marketplace told us."""

from tasks.notifications import send_waiting_notifications
from worker.app import app
from worker.domain.errors import SellersyncError
from worker.domain.notifications import Kind
from worker.runtime import runtime
from worker.runtime.summary import sum_up, sum_up_trouble


@app.task(name="tasks.webhooks.hand_out")
def hand_out() -> None:
    """Enqueue looks at what was just received; the tick finds what this leaves."""
    looks = send_waiting_notifications()
    if looks:
        sum_up("notifications_handed_out", looks=looks)


@app.task(name="tasks.webhooks.look")
def look(*, shop_key: str, kind: str, lease: str) -> None:
    """Look at the orders or products of one shop, or at its grant."""
    try:
        looked = runtime().notifications.look(shop_key, Kind(kind), handed=lease)
    except SellersyncError as error:
        sum_up_trouble("notifications_failed", error, kind=kind)
        return
    if looked is None:
        sum_up("notifications_stale", kind=kind)
        return
    sum_up("notifications_looked_at", kind=kind, **looked.facts())
