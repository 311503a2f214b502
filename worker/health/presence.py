"""Which workers and beats are there: one key each in Redis, gone when they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import orjson
import redis

from config.queues import KEY_PREFIX

_KEYS = f"{KEY_PREFIX}present:"
# Longer than a process that lives can be held up.
_LASTS = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """One worker or beat that was there a moment ago."""

    name: str
    pid: int
    # Of a beat: none.
    queues: tuple[str, ...]
    # Seconds since there was a sign of hearing, and since a message came; of a beat, since
    # it ticked.
    silent_for: float
    idle_for: float
    # Seconds since it said so, by Redis's clock.
    age: float


def be_present(
    client: redis.Redis,
    name: str,
    *,
    pid: int,
    queues: Sequence[str],
    silent_for: float,
    idle_for: float,
) -> None:
    """Say that a process is there.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    told = orjson.dumps(
        {
            "pid": pid,
            "queues": queues,
            "silent_for": round(silent_for, 1),
            "idle_for": round(idle_for, 1),
        }
    )
    client.set(f"{_KEYS}{name}", told, ex=_LASTS)


def be_absent(client: redis.Redis, name: str) -> None:
    """Say that a process ends."""
    client.delete(f"{_KEYS}{name}")


def who_is_present(client: redis.Redis) -> list[Presence]:
    """Return the workers and beats by name.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    keys = sorted(cast("list[bytes]", list(client.scan_iter(f"{_KEYS}*", count=1000))))
    found = []
    for key in keys:
        both = client.pipeline()
        both.get(key)
        both.pttl(key)
        told, left = cast("tuple[bytes | None, int]", tuple(both.execute()))
        if told is None:
            continue
        facts = orjson.loads(told)
        found.append(
            Presence(
                name=key.decode().removeprefix(_KEYS),
                pid=facts["pid"],
                queues=tuple(facts["queues"]),
                silent_for=facts["silent_for"],
                idle_for=facts["idle_for"],
                age=_LASTS - left / 1000,
            )
        )
    return found
