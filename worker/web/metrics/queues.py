"""Messages for the workers."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from worker.overview.summary import queue_lengths
from worker.runtime import Runtime
from worker.web.metrics.families import gauge


def queue_families(here: Runtime) -> Iterator[Metric]:
    """Return what is known of queues; nothing if Redis does not answer."""
    yield gauge(
        "sellersync_queue_messages",
        "Messages that no worker has taken yet.",
        ("queue",),
        (
            ((queue.value,), length)
            for queue, length in (queue_lengths(here.redis) or {}).items()
        ),
    )
