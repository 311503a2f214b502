"""kombu's Redis transport, whose dead connections say that they are dead.

When a connection to Redis breaks while tasks run, kombu 5.7 lets go of it, and then tries to
give back or acknowledge those tasks' messages through it: `AttributeError: 'NoneType' object
has no attribute 'hostname'`. Celery takes that for a bug and ends the worker, with all its
tasks. Every caller is prepared for a connection that does not work, so that is what it gets.
The messages come back after the visibility timeout, and find their leases taken.

When a worker ends, kombu leaves its last question for messages with Redis until the channel
closes. A worker that has to give up its pages does not live to see that, and whatever Redis
has answered meanwhile is in no queue any more. So the answer is read when the end begins, and
a message goes back to its queue.
"""

from contextlib import suppress
from queue import Empty
from typing import Any

import redis
from celery.worker import state
from kombu import transport
from kombu.transport.redis import Channel, Transport


class SteadyChannel(Channel):
    """A channel whose connection may be gone."""

    # No `override`: the type stubs do not know it.
    def _connparams(self, **options: Any) -> Any:
        if self.connection.client is None:
            raise redis.ConnectionError("the connection was let go")
        return super()._connparams(**options)  # type: ignore[misc]  # see above

    def basic_cancel(self, consumer_tag: str) -> Any:
        """Listen to a queue no more; to the last one, and with an open question, read that."""
        cancelled = super().basic_cancel(consumer_tag)
        # The type stubs know nothing of what follows.
        channel: Any = self
        ending: Any = state.should_stop
        if ending is not None and not channel.active_queues and channel._in_poll:  # noqa: SLF001 -- our own
            with suppress(Empty, *channel.connection_errors):
                channel._brpop_read()  # noqa: SLF001 -- our own
        return cancelled


class SteadyTransport(Transport):
    """The transport of these channels."""

    Channel = SteadyChannel


def use_steady_transport() -> None:
    """Let `redis://`, `rediss://` and `redis+socket://` mean it, in this process."""
    name = f"{__name__}:{SteadyTransport.__name__}"
    transport.TRANSPORT_ALIASES.update(redis=name, rediss=name)
