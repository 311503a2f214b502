"""The beat's entries, as data. What is due is in the database, not here."""

from typing import Any

from config.queues import Queue
from config.settings import CLOCKS_APART, ScheduleSettings

# Interrupted connects and ends of authorizations: nothing here is urgent.
_WATCH_EVERY = 60.0  # seconds
# Streams that do not move are told after minutes; a check is one query.
_STALLS_EVERY = 60.0  # seconds
# What is kept for months is looked at now and then, a minute's worth at most.
_SWEEP_EVERY = 600.0  # seconds


# A message that waited this long beyond its interval is not worth its place. Celery compares
# two hosts' clocks here, so that much is the least: late ticks find nothing to do.
_LATE = CLOCKS_APART.total_seconds()


def beat_entries(schedule: ScheduleSettings) -> dict[str, dict[str, Any]]:
    """Return the beat schedule; a message that comes too late is worth nothing and expires."""
    canary = schedule.canary_every.total_seconds()
    return {
        "tick": _entry(
            "tasks.schedule.tick", schedule.tick_every.total_seconds(), Queue.TICK
        ),
        "watch": _entry("tasks.tokens.watch", _WATCH_EVERY, Queue.TOKENS),
        "stalls": _entry("tasks.schedule.watch_progress", _STALLS_EVERY, Queue.TICK),
        "sweep": _entry("tasks.retention.sweep", _SWEEP_EVERY, Queue.BACKFILL),
        **{
            f"canary-{queue}": _entry(f"tasks.canary.{queue}", canary, queue)
            for queue in Queue
        },
    }


def _entry(task: str, every: float, queue: Queue) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": every,
        "options": {"expires": every + _LATE, "queue": queue.value},
    }
