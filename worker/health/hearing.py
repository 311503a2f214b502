"""What the consumer of this worker has heard, as its own event loop tells it.

A deaf worker looks alive: its process runs, its threads sleep, it answers no ping but
nobody asks. Two things are proof of hearing: the loop turns (a timer in it fires), and
messages that wait are taken when there is room for them.
"""

import time
from typing import Any

import redis
from celery import bootsteps, signals
from celery.worker import state

from config.queues import KEY_PREFIX

_PULSE_EVERY = 2.0  # seconds
# A healthy loop is late by this much on a busy machine.
QUIET = 6.0  # seconds


class Hearing:
    """When the loop turned last, and when a message came last."""

    def __init__(self) -> None:
        now = time.monotonic()
        self.turned_at = now
        self.received_at = now
        self._consumer: Any = None

    def listen(self, consumer: Any) -> None:
        """Remember who listens; again after each reconnect."""
        self._consumer = consumer
        self.turn()

    def turn(self) -> None:
        """Note that the loop turns."""
        self.turned_at = time.monotonic()

    def receive(self, **_: object) -> None:
        """Note that a message came."""
        self.received_at = time.monotonic()

    def silent_for(self) -> float:
        """Return the seconds since anything was heard."""
        return time.monotonic() - max(self.turned_at, self.received_at)

    def idle_for(self) -> float:
        """Return the seconds since a message came."""
        return time.monotonic() - self.received_at

    def queues(self) -> list[str]:
        """Return the queues that the worker serves now; an operator may take some away."""
        takes = getattr(self._consumer, "task_consumer", None)
        return sorted(queue.name for queue in takes.queues) if takes else []

    def hears(self, client: redis.Redis) -> bool:
        """Whether there is a sign of hearing.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        now = time.monotonic()
        if now - self.turned_at > QUIET:
            return False
        if now - self.received_at <= QUIET or self._is_full():
            return True
        return not any(client.llen(f"{KEY_PREFIX}{name}") for name in self.queues())

    def _is_full(self) -> bool:
        """Whether all places are taken: then messages wait for a good reason."""
        return bool(
            len(state.reserved_requests) >= self._consumer.initial_prefetch_count
        )


HEARING = Hearing()
signals.task_received.connect(HEARING.receive)


class Pulse(bootsteps.StartStopStep):
    """Lets the event loop say that it turns.

    No attribute of a bootstep may be called `last`, `name`, `requires` … for anything else:
    Celery then starts the steps in another order.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._entry: Any = None

    def start(self, consumer: Any) -> None:
        """Begin after each connect: what the loop was given before is gone with it."""
        HEARING.listen(consumer)
        self._entry = consumer.timer.call_repeatedly(_PULSE_EVERY, HEARING.turn)

    def stop(self, _consumer: Any) -> None:
        """Let the loop be silent, as the connection is lost or the worker ends."""
        if self._entry is not None:
            self._entry.cancel()
