"""When the last tick came all the way through: from the beat to a worker to the database."""

from datetime import timedelta

import redis

from config.queues import KEY_PREFIX

_KEY = f"{KEY_PREFIX}ticked"
# The note's remaining life tells its age by Redis's own clock, so no two clocks are compared.
_KEPT = timedelta(days=7)


def note_tick(client: redis.Redis) -> None:
    """Note that a tick came through just now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client.set(_KEY, b"", px=_KEPT)


def since_last_tick(client: redis.Redis) -> timedelta | None:
    """Return how long ago the last tick came through; None: not for a week, or never.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    left = client.pttl(_KEY)
    return None if left < 0 else _KEPT - timedelta(milliseconds=left)
