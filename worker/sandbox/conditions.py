"""What everybody in the sandbox shares: the clock and the scenario that is played."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.sandbox.scenarios import Scenario


@dataclass(slots=True, kw_only=True)
class Conditions:
    """The clock and the current scenario; a new scenario takes effect at once."""

    # The true time, in Unix seconds: it stamps everything in the world.
    now: Callable[[], float]
    scenario: Scenario
    latency_seconds: float = 0.0
    # The marketplaces' clock is this much ahead, beside what the scenario does to it.
    clock_offset_seconds: float = 0.0
    # Nobody's address is on the apps' IP allow lists.
    refuses_addresses: bool = False

    def server_now(self) -> float:
        """Return what the marketplaces' clock shows, right or wrong."""
        ahead = self.scenario.clock_offset_seconds + self.clock_offset_seconds
        return self.now() + ahead
