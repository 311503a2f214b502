"""The first look: is all well, and if not, where to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from sqlalchemy import Connection

from config.queues import KEY_PREFIX, Queue
from worker.domain.grants import DEAD, AuthorizationState
from worker.domain.records import Stream
from worker.overview.targets import freshness_targets
from worker.runtime import Runtime
from worker.store.database import database_now
from worker.store.stream_tallies import StreamTally, count_streams
from worker.store.tallies import count_ending, count_sellers, count_shops

# How far ahead an operator is told of authorizations that end.
RUNWAY = (timedelta(days=7), timedelta(days=30))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Numbers over everything that is connected."""

    shops: int
    paused: int
    sellers: dict[AuthorizationState, int]
    # Living authorizations that end within each time of `RUNWAY`.
    ending: list[int]
    ends_first: datetime | None
    streams: dict[Stream, StreamTally]
    targets: dict[Stream, timedelta]
    # None: Redis does not answer.
    waiting: dict[Queue, int] | None

    @property
    def dead(self) -> int:
        """Sellers who have to authorise again."""
        return sum(count for state, count in self.sellers.items() if state in DEAD)

    @property
    def all_sellers(self) -> int:
        """Everybody who ever authorised and was not removed."""
        return sum(self.sellers.values())


def summarize(here: Runtime, connection: Connection) -> Summary:
    """Count everything once."""
    now = database_now(connection)
    targets = freshness_targets(here)
    sellers: dict[AuthorizationState, int] = {}
    living_ends: list[datetime] = []
    for tally in count_sellers(connection, now=now):
        sellers[tally.state] = sellers.get(tally.state, 0) + tally.count
        if tally.state not in DEAD:
            living_ends.append(tally.ends_at)
    shops, paused = count_shops(connection)
    return Summary(
        shops=shops,
        paused=paused,
        sellers=sellers,
        ending=count_ending(connection, now=now, within=RUNWAY),
        ends_first=min(living_ends, default=None),
        streams=count_streams(connection, now=now, targets=targets),
        targets=dict(targets),
        waiting=queue_lengths(here.redis),
    )


def queue_lengths(client: redis.Redis) -> dict[Queue, int] | None:
    """Return how many messages wait in each queue; None if Redis does not answer."""
    try:
        return {
            queue: int(client.llen(f"{KEY_PREFIX}{queue.value}")) for queue in Queue
        }
    except redis.RedisError:
        return None
