"""Which waiting slices get a place now: pure, fair between shops, recent history first."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worker.store.waiting_slices import Owner, WaitingSlice

# What one call takes, from waiting for its slot to the commit of its page: 300 ms of a slow
# marketplace, as much again for the rest. A budget is busy with so many readers.
ROUND_TRIP = 0.6  # seconds
# One reads while the other one commits.
_LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How many slices keep one budget busy, and whether each shop has its own."""

    most: int
    per_shop: bool


def lane(requests_per_second: float, *, per_shop: bool) -> Lane:
    """Return the lane of an app with this limit."""
    busy = math.ceil(requests_per_second * ROUND_TRIP)
    return Lane(most=max(busy, _LEAST), per_shop=per_shop)


def choose(
    waiting: Sequence[WaitingSlice],
    running: Mapping[Owner, int],
    lanes: Mapping[str, Lane],
    *,
    places: int,
) -> list[int]:
    """Return the slices that get the free places, each place to the shop that has fewest.

    A shop that is alone gets as many as its budget can use.
    """
    free = places - sum(running.values())
    held = Counter(running)
    queues = _by_owner(slice_ for slice_ in waiting if slice_.owner.app_id in lanes)
    chosen: list[int] = []
    while queues and len(chosen) < free:
        # Of shops that have equally many, the one whose slice is the most recent.
        owner = min(queues, key=held.__getitem__)
        if _held_in_lane(owner, held, lanes) >= lanes[owner.app_id].most:
            del queues[owner]
            continue
        chosen.append(queues[owner].pop())
        held[owner] += 1
        if not queues[owner]:
            del queues[owner]
    return chosen


def _by_owner(waiting: Iterable[WaitingSlice]) -> dict[Owner, list[int]]:
    """Return each shop's slices with the first one last, the shops in the given order."""
    queues: dict[Owner, list[int]] = {}
    for slice_ in waiting:
        queues.setdefault(slice_.owner, []).insert(0, slice_.id)
    return queues


def _held_in_lane(owner: Owner, held: Counter[Owner], lanes: Mapping[str, Lane]) -> int:
    if lanes[owner.app_id].per_shop:
        return held[owner]
    return sum(count for other, count in held.items() if other.app_id == owner.app_id)
