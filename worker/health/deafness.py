"""When silence means that a process is deaf: pure, so nobody has to wait to try it."""

from dataclasses import dataclass, field

# Looks further apart than this: the process itself was frozen, and has to wake up first.
FROZEN = 8.0  # seconds


@dataclass(slots=True, kw_only=True)
class Deafness:
    """Counts for how long nothing was heard though Redis answered all the time.

    While Redis is away silence means nothing, and when it is back the counting begins anew:
    who is between two tries to connect hears nothing either.
    """

    patience: float  # seconds
    _silent_since: float | None = field(default=None, init=False)
    _looked_at: float | None = field(default=None, init=False)

    def look(self, now: float, *, hears: bool, redis_answers: bool) -> bool:
        """Say whether the process is deaf; call it every second or so."""
        frozen = self._looked_at is not None and now - self._looked_at > FROZEN
        self._looked_at = now
        if hears or frozen or not redis_answers:
            self._silent_since = None
            return False
        if self._silent_since is None:
            self._silent_since = now
        return now - self._silent_since >= self.patience
