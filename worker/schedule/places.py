"""How many places each shop gets for its slices now: pure, and fair between shops."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.store.waiting_slices import Owner

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


def share(
    waiting: Sequence[Owner],
    running: Mapping[Owner, int],
    lanes: Mapping[str, Lane],
    *,
    places: int,
) -> dict[Owner, int]:
    """Return how many of the free places each waiting shop gets, the fewest first.

    A shop that is alone gets as many as its budget can use.
    """
    free = places - sum(running.values())
    held = Counter(running)
    in_lane = Counter[object]()
    for owner, count in running.items():
        in_lane[_lane_key(owner, lanes)] += count
    left = [owner for owner in waiting if owner.app_id in lanes]
    shares: Counter[Owner] = Counter()
    while left and free > 0:
        owner = min(left, key=held.__getitem__)
        key = _lane_key(owner, lanes)
        if in_lane[key] >= lanes[owner.app_id].most:
            left = [each for each in left if _lane_key(each, lanes) != key]
            continue
        for counter in (held, shares):
            counter[owner] += 1
        in_lane[key] += 1
        free -= 1
    return dict(shares)


def _lane_key(owner: Owner, lanes: Mapping[str, Lane]) -> object:
    """Return whose budget a shop's calls count against."""
    found = lanes.get(owner.app_id)
    return owner if found is None or found.per_shop else owner.app_id
