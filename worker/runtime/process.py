"""All that one process can do, by the kind of work."""

from dataclasses import dataclass

from worker.domain.identity import App
from worker.domain.limits import OF_APP
from worker.gateway.standing import Standing
from worker.runtime.admission import Admission
from worker.runtime.notifications import Notifications
from worker.runtime.parts import Parts
from worker.runtime.planning import Planning
from worker.runtime.pulls import Pulls
from worker.runtime.reconciles import Reconciles
from worker.runtime.refreshes import Refreshes
from worker.runtime.slices import Slices
from worker.runtime.upkeep import Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime(Parts):
    """The connected parts of this process, and its work."""

    @property
    def refreshes(self) -> Refreshes:
        """Tokens."""
        return Refreshes(self)

    @property
    def pulls(self) -> Pulls:
        """Live pulls."""
        return Pulls(self)

    @property
    def slices(self) -> Slices:
        """History."""
        return Slices(self)

    @property
    def reconciles(self) -> Reconciles:
        """Comparisons with the whole of the marketplace."""
        return Reconciles(self)

    @property
    def notifications(self) -> Notifications:
        """What marketplaces told us."""
        return Notifications(self)

    @property
    def upkeep(self) -> Upkeep:
        """Housekeeping."""
        return Upkeep(self)

    @property
    def admission(self) -> Admission:
        """What is let in now."""
        return Admission(self)

    @property
    def planning(self) -> Planning:
        """How many sellers fit."""
        return Planning(self)

    def standings(self, app: App) -> dict[str, Standing]:
        """Return how an app's own limit stands, and those that refused calls lately.

        Raises:
            BudgetUnavailable: Redis did not answer.
        """
        return self.budget.standings(app.app_id, OF_APP)
