"""Let go of what is older than it is kept."""

import structlog

from worker.app import app
from worker.runtime import runtime

log = structlog.get_logger(__name__)


@app.task(name="tasks.retention.sweep")
def sweep() -> None:
    """Purge old changes and page reads, and blank old personal data, in small batches."""
    done = runtime().upkeep.sweep()
    if done:
        log.info("sweep_done", **done)
