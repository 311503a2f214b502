"""Sites: which zone a country belongs to."""

import pytest

from worker.domain.errors import OperatorError
from worker.marketplaces.temu.sites import region_of, zone_of

ZONES = {
    "us": "US",
    "eu": (
        "GB UK DE FR IT NL ES PT AT IE GR FI SK SI LT HR EE LV CY LU BG PL SE CH CZ HU "
        "DK RO NO TR SA AE"
    ),
    "global": "CA AU MX JP KR BR BE",
}


@pytest.mark.parametrize(
    ("country", "zone"),
    [(country, zone) for zone in ZONES for country in ZONES[zone].split()],
)
def test_every_site_has_its_zone(country: str, zone: str) -> None:
    """The table of sites decides."""
    assert zone == zone_of(country)


@pytest.mark.parametrize("country", ["CL", "NZ", "ZA", "ZW", "AD"])
def test_other_countries_are_global(country: str) -> None:
    """What is not in the table is served from the rest of the world."""
    assert zone_of(country) == "global"


def test_small_letters_will_do() -> None:
    """A country code is one however it is typed."""
    assert zone_of(" de ") == "eu"


@pytest.mark.parametrize(
    "country", ["", "D", "DEU", "XX", "ZZ", "EU", "Germany", "D E", "12", "AD AE"]
)
def test_what_is_no_country_is_an_error(country: str) -> None:
    """A slip does not silently mean global."""
    with pytest.raises(OperatorError, match="is not a country code; write two letters"):
        zone_of(country)


@pytest.mark.parametrize(
    ("region_id", "country"),
    [
        (211, "US"),
        (210, "GB"),
        (76, "DE"),
        (69, "FR"),
        (98, "IT"),
        (186, "ES"),
        (128, "MX"),
        (100, "JP"),
        (185, "KR"),
        (37, "CA"),
        (29, "BR"),
        (12, "AU"),
        (1, None),
        (None, None),
    ],
)
def test_region_numbers_become_countries(
    region_id: int | None, country: str | None
) -> None:
    """The numbers of the documentation, and no guess for others."""
    assert country == region_of(region_id)
