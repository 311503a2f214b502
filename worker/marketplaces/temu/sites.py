"""Which zone a country belongs to, and which country Temu's numbers mean.

Temu keeps a list of its sites in the partner documentation ("Site, currency and volume",
2026-01-26); its rule in words is "US to us, Europe to eu, other countries to global".
"""

from enum import StrEnum

from worker.domain.errors import OperatorError


class Zone(StrEnum):
    """Where an app, its tokens and its hosts live; nothing works across zones."""

    US = "us"
    EU = "eu"
    GLOBAL = "global"


# The Gulf sites and Turkey are served from Europe. Belgium is not here: the site table
# prints it under global, although another page counts it as European.
_EU = """
    AE AT BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV NL NO PL PT RO SA
    SE SI SK TR
"""

# ISO 3166-1 alpha-2, so that a slip of the pen does not silently mean `global`.
_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN
    BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ
    DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL
    GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM
    JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP
    NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD
    SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

# Temu's own tables say UK; ISO 3166 only reserves it.
_ALIASES = {"UK": "GB"}

# `regionId` is a list of its own; it also opens the order numbers (`PO-211-…`).
_REGIONS = {
    12: "AU",
    29: "BR",
    37: "CA",
    69: "FR",
    76: "DE",
    98: "IT",
    100: "JP",
    128: "MX",
    185: "KR",
    186: "ES",
    210: "GB",
    211: "US",
}


def zone_of(country: str) -> Zone:
    """Return the zone that serves a country (ISO 3166-1, two letters).

    Raises:
        OperatorError: there is no such country code.
    """
    code = country.strip().upper()
    code = _ALIASES.get(code, code)
    if code not in _COUNTRIES.split():
        raise OperatorError(
            f"{country!r} is not a country code; write two letters (ISO 3166), like DE"
        )
    if code == "US":
        return Zone.US
    return Zone.EU if code in _EU.split() else Zone.GLOBAL


def region_of(region_id: int | None) -> str | None:
    """Return the country code of a `regionId`; None where we do not know the number."""
    return None if region_id is None else _REGIONS.get(region_id)
