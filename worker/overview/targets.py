"""How fresh a stream should be: what is behind its target is late."""

from collections.abc import Mapping
from datetime import timedelta

from worker.domain.records import Stream
from worker.runtime import Runtime

# A pull is due every interval and takes its time; two missed in a row are not normal.
_INTERVALS = 2
# Streams that are pulled every few seconds may wait behind others for a moment.
_LEAST = timedelta(minutes=1)


def freshness_targets(here: Runtime) -> Mapping[Stream, timedelta]:
    """Return how far the watermark of each kind of stream may be behind now."""
    return {
        stream: max(here.wanted(stream).every * _INTERVALS, _LEAST) for stream in Stream
    }
