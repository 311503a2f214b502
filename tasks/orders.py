"""Pull one shop's orders, or reconcile them."""

from tasks.pulling import pull_stream
from tasks.reconciling import reconcile_stream
from worker.app import app
from worker.domain.records import Stream


@app.task(name="tasks.orders.pull")
def pull(*, shop_key: str, since: str | None = None, lease: str | None = None) -> None:
    """Bring one shop's orders up to date; `since` (ISO 8601) reads again from there."""
    pull_stream(Stream.ORDERS, shop_key=shop_key, since=since, lease=lease)


@app.task(name="tasks.orders.reconcile")
def reconcile(
    *, shop_key: str, confirm_deletions: bool = False, lease: str | None = None
) -> None:
    """Compare all of one shop's orders with the marketplace, and repair what differs."""
    reconcile_stream(
        Stream.ORDERS,
        shop_key=shop_key,
        confirm_deletions=confirm_deletions,
        lease=lease,
    )
