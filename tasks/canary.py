"""The canaries: one task per queue, which proves that the queue is served."""

from typing import Any

from config.queues import Queue
from worker.app import app
from worker.runtime import runtime
from worker.schedule.canaries import sing


@app.task(name="tasks.canary.tick", bind=True)
def tick(self: Any) -> None:
    """Prove that ticks are served."""
    sing(runtime().database, Queue.TICK, worker=self.request.hostname)


@app.task(name="tasks.canary.tokens", bind=True)
def tokens(self: Any) -> None:
    """Prove that token refreshes are served."""
    sing(runtime().database, Queue.TOKENS, worker=self.request.hostname)


@app.task(name="tasks.canary.webhooks", bind=True)
def webhooks(self: Any) -> None:
    """Prove that looks at what marketplaces tell are served."""
    sing(runtime().database, Queue.WEBHOOKS, worker=self.request.hostname)


@app.task(name="tasks.canary.pull", bind=True)
def pull(self: Any) -> None:
    """Prove that pulls are served."""
    sing(runtime().database, Queue.PULL, worker=self.request.hostname)


@app.task(name="tasks.canary.backfill", bind=True)
def backfill(self: Any) -> None:
    """Prove that slices, reconciles and tidying up are served."""
    sing(runtime().database, Queue.BACKFILL, worker=self.request.hostname)
