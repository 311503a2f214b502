"""When a stream that is up to date is due again: pure.

Each stream has a beat of its own within the interval, so that starts never bunch; streams
that were pulled at one moment, after an outage, drift back to theirs.
"""

from datetime import UTC, datetime, timedelta

# The data may be as old as the interval: the pull that makes it new again begins earlier, by
# what it takes to be handed out, to wait for its calls and to read its pages.
_EARLIER = 0.1
_EARLIER_AT_MOST = timedelta(seconds=30)
# A pull of many pages begins earlier still, by what the last one took and a fifth more, and
# by this for being handed out; but none is made more than twice as often as it was wished.
_LONGER = 1.2
_HANDED_OUT = 0.05
_HANDED_OUT_AT_MOST = timedelta(seconds=15)
_EARLIEST = 0.5
# How much earlier than that a stream may start to come back to its beat: what an outage
# piled up is spread within some intervals, for so many more calls.
_DRIFT = 0.1
# Multiples of it, without their whole part, leave no large gap, however many there are.
_GOLDEN = 0.6180339887498949


def next_start(
    number: int, *, opened: datetime, now: datetime, every: timedelta
) -> datetime:
    """Return when to pull a stream again whose last window was opened then, and is read now.

    `number` is the stream's own, by which beats differ.
    """
    period = period_of(every)
    took = max(now - opened, timedelta(0))
    handed_out = min(every * _HANDED_OUT, _HANDED_OUT_AT_MOST)
    needed = min(took * _LONGER + handed_out, every * _EARLIEST)
    if needed > every - period:
        return max(now, now - took + every - needed)
    beat = period * (number * _GOLDEN % 1)
    epoch = datetime.fromtimestamp(0, tz=UTC) + beat
    later = now - took + period
    return later - min((later - epoch) % period, period * _DRIFT)


def period_of(every: timedelta) -> timedelta:
    """Return how far apart the starts are that keep the data as fresh as that."""
    return every - min(every * _EARLIER, _EARLIER_AT_MOST)


def interval_of(period: timedelta) -> timedelta:
    """Return how fresh the data stays with starts so far apart."""
    return min(period / (1 - _EARLIER), period + _EARLIER_AT_MOST)
