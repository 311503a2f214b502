"""Which zone of a marketplace is meant, by its name or by a country."""

import typer

from worker.domain.errors import OperatorError
from worker.domain.marketplace import Marketplace
from worker.marketplaces.temu.sites import zone_of


def chosen_zone(
    marketplace: Marketplace, *, zone: str | None, country: str | None
) -> str:
    """Return the zone; where there is only one, it need not be named.

    Raises:
        BadParameter: none or both are given, or there is no such zone or country.
    """
    zones = marketplace.zones
    if zone is None and country is None and len(zones) == 1:
        return zones[0]
    if (zone is None) == (country is None):
        raise typer.BadParameter(f"give one of --zone {'|'.join(zones)} and --country")
    if zone is None:
        try:
            # Only Temu has zones that follow from countries.
            zone = zone_of(country or "")
        except OperatorError as error:
            raise typer.BadParameter(str(error), param_hint="--country") from None
    if zone not in zones:
        raise typer.BadParameter(
            f"{marketplace.name} has no zone {zone!r}; it has: {', '.join(zones)}"
        )
    return zone
