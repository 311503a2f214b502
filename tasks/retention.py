"""Let go of what is older than it is kept."""

from worker.app import app
from worker.runtime import runtime
from worker.runtime.summary import sum_up


@app.task(name="tasks.retention.sweep")
def sweep() -> None:
    """Purge old changes and page reads, and blank old personal data, in small batches."""
    done = runtime().upkeep.sweep()
    if done:
        sum_up("sweep_done", **done)
