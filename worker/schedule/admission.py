"""Which of an app's waiting work is let in now: pure.

Classes come in their order, and each keeps a floor, as in the budget itself. Within a class
the order is that of the deadlines; no seller gets more than a part of what is let in while
others wait.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.calls import Work
from worker.gateway.budget import FLOORS
from worker.store.waiting import Waiting

# What a turn takes before anybody knows: a first page, and one more.
ASSUMED_CALLS = 2.0
# What one seller may get of a class's room while others wait for it.
_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Who waits in one class, first come first, and what of it was let in before."""

    waiting: Sequence[Waiting]
    held: float = 0.0


def admit(
    lines: Mapping[Work, Line], *, room: float, most: float
) -> Mapping[Work, list[Waiting]]:
    """Return whom to let in, so that all that is under way stays below `room`.

    Room and costs are calls until the next tick; no work counts for more than `most`, as it
    sends one call after the other. The last one let in may go beyond the room by that.
    """
    under_way = 0.0
    admitted = {}
    ranked = [work for work in Work if work in lines]
    for place, work in enumerate(ranked):
        line = lines[work]
        floor = FLOORS[work] * room
        # What the classes below hold is under way too, and they keep their floors.
        below = sum(
            max(
                under.held,
                min(FLOORS[each] * room, under.held + cost(under.waiting, most)),
            )
            for each, under in ((each, lines[each]) for each in ranked[place + 1 :])
        )
        left = max(room - under_way - below, floor) - line.held
        admitted[work] = pick(line.waiting, room=left, most=most)
        under_way += line.held + cost(admitted[work], most)
    return admitted


def pick(waiting: Sequence[Waiting], *, room: float, most: float) -> list[Waiting]:
    """Return as many as there is room for, the first first, and of no seller too many."""
    share = room * _SHARE
    had: Counter[int] = Counter()
    fair, others = [], []
    for each in waiting:
        calls = math.ceil(cost_of(each, most))
        # One turn of each is always fair.
        if had[each.seller] and had[each.seller] + calls > share:
            others.append(each)
        else:
            had[each.seller] += calls
            fair.append(each)
    chosen = []
    for each in (*fair, *others):
        if room <= 0:
            break
        chosen.append(each)
        room -= cost_of(each, most)
    return chosen


def cost_of(each: Waiting, most: float) -> float:
    """Return the calls that a turn makes until the next tick; one at the least."""
    calls = ASSUMED_CALLS if each.calls is None else each.calls
    return min(max(calls, 1.0), most)


def cost(turns: Iterable[Waiting], most: float) -> float:
    """Return the calls of several turns."""
    return sum(cost_of(each, most) for each in turns)
