"""kombu's Redis transport, whose dead connections say that they are dead.

When a connection to Redis breaks while tasks run, kombu 5.7 lets go of it, and then tries to
give back or acknowledge those tasks' messages through it: `AttributeError: 'NoneType' object
has no attribute 'hostname'`. Celery takes that for a bug and ends the worker, with all its
tasks. Every caller is prepared for a connection that does not work, so that is what it gets.
The messages come back after the visibility timeout, and find their leases taken.
"""

from typing import Any

import redis
from kombu import transport
from kombu.transport.redis import Channel, Transport


class SteadyChannel(Channel):
    """A channel whose connection may be gone."""

    # No `override`: the type stubs do not know it.
    def _connparams(self, **options: Any) -> Any:
        if self.connection.client is None:
            raise redis.ConnectionError("the connection was let go")
        return super()._connparams(**options)  # type: ignore[misc]  # see above


class SteadyTransport(Transport):
    """The transport of these channels."""

    Channel = SteadyChannel


def use_steady_transport() -> None:
    """Let `redis://`, `rediss://` and `redis+socket://` mean it, in this process."""
    name = f"{__name__}:{SteadyTransport.__name__}"
    transport.TRANSPORT_ALIASES.update(redis=name, rediss=name)
