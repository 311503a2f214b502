"""A strict limit: never more than N calls within any one second."""

from collections import deque

WINDOW = 1.0  # second


class SlidingSecond:
    """Lets a call in unless it would be the (limit + 1)-th within any one second.

    Refused calls do not count against the window.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._let_in: deque[float] = deque()

    def admit(self, at: float) -> bool:
        """Say whether a call that arrives at `at` (monotonic seconds) is let in."""
        if self.within_last_second(at) >= self.limit:
            return False
        self._let_in.append(at)
        return True

    def within_last_second(self, at: float) -> int:
        """Return how many calls were let in during the second before `at`."""
        while self._let_in and at - self._let_in[0] >= WINDOW:
            self._let_in.popleft()
        return len(self._let_in)
