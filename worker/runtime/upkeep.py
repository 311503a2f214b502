"""What is looked at now and then: old rows, streams that stand still or were forgotten."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.records import Stream
from worker.retention.sweep import Terms, sweep
from worker.runtime.parts import Parts, stopping
from worker.schedule.forgotten import revive_forgotten
from worker.schedule.stalls import tell_stalls


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The housekeeping of this process."""

    parts: Parts

    def sweep(self) -> Counter[str]:
        """Let go of what is older than it is kept; return how many rows of each kind."""
        settings = self.parts.settings
        return sweep(
            self.parts.database,
            Terms(
                changes=_length(settings.feed.keep),
                page_reads=_length(settings.retention.page_reads),
                notifications=settings.retention.notifications,
                personal_data=_length(settings.retention.personal_data),
            ),
            should_stop=stopping.is_set,
        )

    def tell_stalls(self) -> tuple[int, int]:
        """Tell which streams have stopped moving, and which move again; count both."""
        every = {stream: self.parts.wanted(stream).every for stream in Stream}
        return tell_stalls(self.parts.database, every)

    def revive_forgotten(self) -> int:
        """Make due again what should run and has no next time; return how many."""
        return revive_forgotten(self.parts.database)


def _length(kept: timedelta | str) -> timedelta | None:
    """Return how long something is kept; None for the words that mean for ever."""
    return kept if isinstance(kept, timedelta) else None
