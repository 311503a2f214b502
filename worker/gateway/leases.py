"""Calls booked ahead, for limits so high that asking for each would be the bottleneck.

A lease is a few slots in a row, within the tenth of a second that is fixed anyway. It grows
while its holder comes back at once for more, so a lone caller takes one slot.
"""

import math
import threading
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

# Below it, slots are so far apart that a round trip each costs nothing.
LEASED_ABOVE = 200.0  # calls per second
LARGEST = 32
# Who comes back within this time has use for more.
AT_ONCE = 0.05  # seconds
_MANY = 1000


@dataclass(slots=True)
class _Lease:
    slots: deque[float] = field(default_factory=deque)
    size: int = 1
    booked_at: float = -math.inf


class Leases:
    """The slots of this process that nobody has taken yet; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: dict[Hashable, _Lease] = {}

    def take(self, holder: Hashable, *, not_before: float) -> float | None:
        """Return the next slot (of our monotonic clock); those before the bound lapse."""
        with self._lock:
            lease = self._leases.get(holder)
            while lease is not None and lease.slots:
                slot = lease.slots.popleft()
                if slot >= not_before:
                    return slot
                lease.size = 1
            return None

    def wanted(self, holder: Hashable, *, now: float) -> int:
        """Return how many slots the holder should ask for."""
        with self._lock:
            lease = self._leases.setdefault(holder, _Lease())
            back_at_once = now - lease.booked_at < AT_ONCE
            lease.size = min(2 * lease.size, LARGEST) if back_at_once else 1
            lease.booked_at = now
            if len(self._leases) > _MANY:
                self._leases = {
                    each: held
                    for each, held in self._leases.items()
                    if now - held.booked_at < AT_ONCE
                }
            return lease.size

    def keep(self, holder: Hashable, slots: Iterable[float]) -> None:
        """Keep the slots that whoever asked does not need itself."""
        with self._lock:
            self._leases.setdefault(holder, _Lease()).slots.extend(slots)
