"""What the tick hands out: as much as each app's budget can serve."""

from dataclasses import dataclass

from config.queues import KEY_PREFIX, Queue
from worker.domain.identity import App
from worker.domain.limits import OF_APP
from worker.gateway.standing import Standing
from worker.runtime.parts import Parts
from worker.schedule.allowances import allowances
from worker.schedule.tick import Due, Pace, claim_due


@dataclass(frozen=True, slots=True)
class Admission:
    """The tick of this process."""

    parts: Parts

    def claim_due(self) -> Due:
        """Claim what is due of each app, as much as its budget can serve now.

        Raises:
            BudgetUnavailable: Redis did not answer; nothing was claimed.
        """
        schedule = self.parts.settings.schedule
        return claim_due(
            self.parts.database,
            allowances(self.parts.apps.apps, self._standing),
            pace=Pace(tick_every=schedule.tick_every, lease=schedule.lease),
            queue_length=self.queue_length,
        )

    def queue_length(self) -> int:
        """Return how many pulls wait for a worker."""
        return int(self.parts.redis.llen(f"{KEY_PREFIX}{Queue.PULL}"))

    def _standing(self, app: App) -> Standing:
        return self.parts.budget.standings(app.app_id, OF_APP)[OF_APP]
