"""The budget as the workers meet it: evenly spaced slots, classes with floors, fair turns.

The rules of `worker/gateway/scripts/book.lua`, without what it does about clocks that
differ, callers that die and Redis that is lost.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from worker.domain.calls import Work
from worker.gateway.budget import FLOORS, RANKS

# Kept free in each second, as the budget learns it on a quiet network.
_PAD = 0.005
_PATIENCE = 5.0  # seconds

# Called with 0.0 when the slot has come, or with how long to stay away.
Answer = Callable[[float], None]


@dataclass(slots=True)
class _Class:
    """One class's queue: by start tags, so that sellers take turns."""

    floor: float
    waiting: list[tuple[float, int, int, Answer]]
    virtual: float = 0.0
    # Calls of the turn that is being served.
    turn: int = 0
    served: float = 0.0


class Turnstile:
    """Lets one call through at a time."""

    def __init__(
        self, limit: float, at: Callable[[float, Callable[[], None]], None]
    ) -> None:
        self.gap = (1 + _PAD) / limit
        self.sent: Counter[Work] = Counter()
        self._at = at
        self._free = 0.0
        self._is_set = False
        self._order = count()
        self._finish: dict[tuple[Work, int], float] = {}
        self._classes = {
            work: _Class(floor=FLOORS[work], waiting=[])
            for work in sorted(RANKS, key=RANKS.__getitem__)
        }

    def call(self, work: Work, seller: int, *, now: float, then: Answer) -> None:
        """Ask for a slot; whoever would wait for too long is sent away at once."""
        wait = self._expected(work, now)
        if wait > _PATIENCE:
            then(wait)
            return
        mine = self._classes[work]
        start = max(mine.virtual, self._finish.get((work, seller), 0.0))
        self._finish[work, seller] = start + 1
        heapq.heappush(mine.waiting, (start, next(self._order), seller, then))
        self._set(now)

    def _expected(self, work: Work, now: float) -> float:
        ready = max(self._free - now, 0.0)
        ahead = 0
        for each, queue in self._classes.items():
            ahead += len(queue.waiting)
            if each is work:
                break
        mine = self._classes[work]
        of_floor = (len(mine.waiting) + 1) * self.gap / mine.floor
        return ready + min(ahead * self.gap, of_floor)

    def _set(self, now: float) -> None:
        if not self._is_set:
            self._is_set = True
            moment = max(self._free, now)
            self._at(moment, lambda: self._slot(moment))

    def _slot(self, now: float) -> None:
        self._is_set = False
        work = self._next(now)
        if work is None:
            return
        chosen = self._classes[work]
        start, _, _, then = heapq.heappop(chosen.waiting)
        chosen.turn += 1
        if chosen.turn > len({seller for _, _, seller, _ in chosen.waiting}):
            chosen.turn, chosen.virtual = 0, chosen.virtual + 1
        chosen.virtual = max(chosen.virtual, start)
        apart = self.gap / chosen.floor
        chosen.served = max(chosen.served + apart, now - apart)
        self._free = now + self.gap
        self.sent[work] += 1
        then(0.0)
        if any(each.waiting for each in self._classes.values()):
            self._set(now)

    def _next(self, now: float) -> Work | None:
        """Return whose turn it is: a class that lacks its floor, else the most urgent."""
        waiting = [work for work, each in self._classes.items() if each.waiting]
        for work in waiting[1:]:
            each = self._classes[work]
            if each.served + self.gap / each.floor <= now:
                return work
        return waiting[0] if waiting else None
