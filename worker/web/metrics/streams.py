"""Freshness and completeness of the streams of each app and kind."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client.core import Metric
from sqlalchemy import Connection

from worker.domain.records import Stream
from worker.store.stream_tallies import (
    FRESHNESS,
    StreamTally,
    count_open_history,
)
from worker.web.metrics.families import gauge

_LABELS = ("app", "stream")
Tallies = Mapping[tuple[str, Stream], StreamTally]

_STANDINGS: Mapping[str, Callable[[StreamTally], int]] = {
    # Not paused, not disabled, the seller's grant alive.
    "running": lambda tally: tally.running,
    "resting": lambda tally: tally.count - tally.running,
    # Those that follow overlap: a stream may be late, and failing, and stalled.
    "late": lambda tally: tally.late,
    "failing": lambda tally: tally.failing,
    "stalled": lambda tally: tally.stalled,
    "disabled": lambda tally: tally.disabled,
    "never_complete": lambda tally: tally.never,
}


def stream_families(
    connection: Connection,
    tallies: Tallies,
    *,
    now: datetime,
    targets: Mapping[Stream, timedelta],
) -> Iterator[Metric]:
    """Return what is known of streams, which are counted already."""
    yield gauge(
        "sellersync_streams",
        "Streams by how they stand; late, failing, stalled and disabled ones may overlap.",
        (*_LABELS, "standing"),
        (
            ((app_id, stream.value, standing), count(tally))
            for (app_id, stream), tally in tallies.items()
            for standing, count in _STANDINGS.items()
        ),
    )
    yield gauge(
        "sellersync_stream_oldest_freshness_seconds",
        "Now minus the oldest watermark of a running stream.",
        _LABELS,
        _ages(tallies, now, lambda tally: tally.oldest_watermark),
    )
    yield gauge(
        "sellersync_streams_by_freshness",
        "Running streams that are at most so many seconds old, for histogram_quantile.",
        (*_LABELS, "le"),
        _freshness(tallies),
    )
    yield gauge(
        "sellersync_stream_freshness_target_seconds",
        "A running stream that is older is late.",
        ("stream",),
        (
            ((stream.value,), target.total_seconds())
            for stream, target in targets.items()
        ),
    )
    yield gauge(
        "sellersync_stream_overdue_seconds",
        "How long the longest overdue stream has been waiting for a worker.",
        _LABELS,
        _ages(tallies, now, lambda tally: tally.overdue_since or now),
    )
    history = count_open_history(connection)
    yield gauge(
        "sellersync_history_open_slices",
        "Slices of history that are still to be read.",
        _LABELS,
        (
            ((key[0], key[1].value), history[key].slices if key in history else 0)
            for key in tallies
        ),
    )
    yield gauge(
        "sellersync_streams_complete_ratio",
        "The part of all streams whose history is read to its beginning.",
        _LABELS,
        (
            (
                (key[0], key[1].value),
                1 - (history[key].streams / tally.count if key in history else 0),
            )
            for key, tally in tallies.items()
        ),
    )


def _freshness(tallies: Tallies) -> Iterator[tuple[tuple[str, str, str], float]]:
    bounds = [f"{each.total_seconds():.0f}" for each in FRESHNESS]
    for (app_id, stream), tally in tallies.items():
        for bound, count in zip(bounds, tally.fresh, strict=True):
            yield (app_id, stream.value, bound), count
        yield (app_id, stream.value, "+Inf"), tally.running


def _ages(
    tallies: Tallies, now: datetime, since: Callable[[StreamTally], datetime | None]
) -> Iterator[tuple[tuple[str, str], float]]:
    for (app_id, stream), tally in tallies.items():
        moment = since(tally)
        if moment is not None:
            yield (app_id, stream.value), (now - moment).total_seconds()
