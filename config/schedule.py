"""The beat's entries, as data. What is due is in the database, not here."""

from datetime import timedelta
from typing import Any

from config.queues import Queue

# Interrupted connects and ends of authorizations: nothing here is urgent.
_WATCH_EVERY = 60.0  # seconds
# Streams that do not move are told after minutes; a check is one query.
_STALLS_EVERY = 60.0  # seconds
# What is kept for months is looked at now and then, a minute's worth at most.
_SWEEP_EVERY = 600.0  # seconds


def beat_entries(tick_every: timedelta) -> dict[str, dict[str, Any]]:
    """Return the beat schedule; a tick that comes late is worth nothing, so it expires."""
    seconds = tick_every.total_seconds()
    return {
        "tick": {
            "task": "tasks.schedule.tick",
            "schedule": seconds,
            "options": {"expires": max(2 * seconds, 2.0), "queue": Queue.TICK.value},
        },
        "watch": {
            "task": "tasks.tokens.watch",
            "schedule": _WATCH_EVERY,
            "options": {"expires": _WATCH_EVERY, "queue": Queue.TOKENS.value},
        },
        "stalls": {
            "task": "tasks.schedule.watch_progress",
            "schedule": _STALLS_EVERY,
            "options": {"expires": _STALLS_EVERY, "queue": Queue.TICK.value},
        },
        "sweep": {
            "task": "tasks.retention.sweep",
            "schedule": _SWEEP_EVERY,
            "options": {"expires": _SWEEP_EVERY, "queue": Queue.BACKFILL.value},
        },
    }
