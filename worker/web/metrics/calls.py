"""What became of the calls, in all processes together."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import Metric

from config.queues import KEY_PREFIX
from worker.gateway.call_counts import BEYOND, TOOK, WAITED, Spread, read_call_totals
from worker.runtime import Runtime
from worker.web.metrics.families import counter, histogram


def call_families(here: Runtime) -> Iterator[Metric]:
    """Return what is known of calls.

    Raises:
        redis.RedisError: Redis did not answer.
    """
    totals = read_call_totals(here.redis, prefix=KEY_PREFIX)
    yield counter(
        "sellersync_calls",
        "Calls that were sent, by what they were for and what became of them.",
        ("app", "work", "outcome"),
        totals.calls.items(),
    )
    yield histogram(
        "sellersync_call_duration_seconds",
        "From sending a call to its reply.",
        ("app",),
        _buckets(totals.took, TOOK),
    )
    yield histogram(
        "sellersync_call_wait_seconds",
        "How long a call waited for the budget.",
        ("app",),
        _buckets(totals.waited, WAITED),
    )


def _buckets(
    spreads: Mapping[str, Spread], bounds: tuple[float, ...]
) -> Iterator[tuple[tuple[str], Mapping[str, float], float]]:
    names = [*map(str, bounds), BEYOND]
    for app_id, spread in spreads.items():
        upwards = accumulate(spread.times[name] for name in names)
        yield (app_id,), dict(zip(names, upwards, strict=True)), spread.seconds
