"""The apps that the settings of all marketplaces name, each with its marketplace."""

from dataclasses import dataclass

from config.settings import Settings
from config.variables import UnknownVariable, names_of, unknown_variables
from worker.domain.errors import OperatorError
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.marketplaces import marketplaces


@dataclass(frozen=True, slots=True)
class ConfiguredApps:
    """Which app, and whose rules, an `app_id` stands for."""

    apps: tuple[tuple[Marketplace, App], ...]

    @classmethod
    def from_settings(cls) -> "ConfiguredApps":
        """Read the settings of every marketplace."""
        return cls(
            tuple(
                (marketplace, app)
                for marketplace in marketplaces().values()
                for app in marketplace.apps()
            )
        )

    def find(self, app_id: str) -> tuple[Marketplace, App]:
        """Return the app of a stored authorization.

        Raises:
            OperatorError: the settings do not name it (any more).
        """
        for marketplace, app in self.apps:
            if app.app_id == app_id:
                return marketplace, app
        raise OperatorError(
            f"the app {app_id} is not configured; set its key and secret "
            f"({_variable(*app_id.split(':')[:2])}__APP_KEY and __APP_SECRET)"
        )

    def choose(self, marketplace_name: str, zone: str) -> tuple[Marketplace, App]:
        """Return the app that new sellers of a zone are connected with.

        Raises:
            OperatorError: the settings name none; the text names the variables.
        """
        for marketplace, app in self.apps:
            if (app.marketplace, app.zone) == (marketplace_name, zone):
                return marketplace, app
        variable = _variable(marketplace_name, zone)
        raise OperatorError(
            f"no {marketplace_name} app is configured for zone {zone}; "
            f"set {variable}__APP_KEY and {variable}__APP_SECRET"
        )


def unknown_settings() -> list[UnknownVariable]:
    """Return the variables that look like a setting of ours and are none."""
    known = names_of(Settings)
    for marketplace in marketplaces().values():
        known |= marketplace.variables()
    return unknown_variables(known)


def _variable(marketplace: str, zone: str) -> str:
    parts = [marketplace] if zone == "default" else [marketplace, zone]
    return "SELLERSYNC_" + "__".join(parts).upper()
