"""Pull one shop's products, or reconcile them."""

from tasks.pulling import pull_stream
from tasks.reconciling import reconcile_stream
from worker.app import app
from worker.domain.records import Stream


@app.task(name="tasks.products.pull")
def pull(*, shop_key: str, since: str | None = None, lease: str | None = None) -> None:
    """Bring one shop's products up to date; `since` (ISO 8601) reads again from there."""
    pull_stream(Stream.PRODUCTS, shop_key=shop_key, since=since, lease=lease)


@app.task(name="tasks.products.reconcile")
def reconcile(
    *, shop_key: str, confirm_deletions: bool = False, lease: str | None = None
) -> None:
    """Compare all of one shop's products with the marketplace, and repair what differs."""
    reconcile_stream(
        Stream.PRODUCTS,
        shop_key=shop_key,
        confirm_deletions=confirm_deletions,
        lease=lease,
    )
