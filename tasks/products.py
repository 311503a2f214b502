"""Pull one shop's products."""

from tasks.pulling import pull_stream
from worker.app import app
from worker.domain.records import Stream


@app.task(name="tasks.products.pull")
def pull(*, shop_key: str, since: str | None = None, lease: str | None = None) -> None:
    """Bring one shop's products up to date; `since` (ISO 8601) reads again from there."""
    pull_stream(Stream.PRODUCTS, shop_key=shop_key, since=since, lease=lease)
