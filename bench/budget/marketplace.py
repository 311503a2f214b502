"""A marketplace that refuses: its counter lies in memory that all processes share."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray, RawValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """For some seconds of a run, only a part of the limit holds."""

    begin: float
    end: float
    share: float


class Marketplace:
    """Accepts a call if it is not beyond the limit in the second that ends with it."""

    def __init__(self, limit: int, spells: Sequence[Spell]) -> None:
        self.limit = limit
        self.spells = tuple(spells)
        self._lock = multiprocessing.Lock()
        # The latest accepted calls, and how many there were.
        self._accepted = RawArray("d", limit)
        self._calls = RawValue("L", 0)

    def accepts(self, *, began: float) -> bool:
        """Judge a call that arrives now, in a run that began at `began`."""
        with self._lock:
            now = time.monotonic()
            allowed = self._allowed(now - began)
            calls: int = self._calls.value
            if calls >= allowed:
                if not allowed:
                    return False
                earlier: float = self._accepted[(calls - allowed) % self.limit]
                if now - earlier < 1:
                    return False
            self._accepted[calls % self.limit] = now
            self._calls.value += 1
            return True

    def _allowed(self, second: float) -> int:
        for spell in self.spells:
            if spell.begin <= second < spell.end:
                return int(self.limit * spell.share)
        return self.limit
