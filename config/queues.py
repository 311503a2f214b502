"""Queues, and which task goes to which."""

from enum import StrEnum


class Queue(StrEnum):
    """One list in Redis each; a backlog in one never delays another."""

    # The beat's tick: short, must never wait.
    TICK = "tick"
    # Token refreshes: few, and the most urgent.
    TOKENS = "tokens"
    # Looks at what a marketplace told: short, and ahead of the polls.
    WEBHOOKS = "webhooks"
    PULL = "pull"
    # Slices of history, reconciles, and tidying up: long, and never urgent.
    BACKFILL = "backfill"


ROUTES = {
    # Each goes through the queue that it proves.
    **{f"tasks.canary.{queue}": {"queue": queue.value} for queue in Queue},
    "tasks.schedule.*": {"queue": Queue.TICK.value},
    "tasks.tokens.*": {"queue": Queue.TOKENS.value},
    "tasks.webhooks.hand_out": {"queue": Queue.TICK.value},
    "tasks.webhooks.*": {"queue": Queue.WEBHOOKS.value},
    "tasks.*.reconcile": {"queue": Queue.BACKFILL.value},
    "tasks.orders.*": {"queue": Queue.PULL.value},
    "tasks.products.*": {"queue": Queue.PULL.value},
    "tasks.backfill.*": {"queue": Queue.BACKFILL.value},
    "tasks.retention.*": {"queue": Queue.BACKFILL.value},
}

# Every key of ours in Redis begins with it, the queues too.
KEY_PREFIX = "sellersync:"
