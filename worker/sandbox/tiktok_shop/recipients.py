"""Made-up recipients, written once: addresses are the largest part of an order."""

from functools import cache

import orjson

from worker.sandbox.world.words import FIRST_NAMES, LAST_NAMES

_VARIETY = 40


def recipient_address(region: str, number: int) -> orjson.Fragment:
    """Return one of a few addresses in a region, ready to be put into an order."""
    return _address(region, number % _VARIETY)


@cache
def _address(region: str, number: int) -> orjson.Fragment:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    street = f"{number + 1} Example Street"
    return orjson.Fragment(
        orjson.dumps(
            {
                "name": f"{first} {last}",
                "first_name": first,
                "last_name": last,
                # Masked, as it is when the marketplace ships.
                "phone_number": f"(+00)000-***-{number:04d}",
                "full_address": f"{street}, Sampletown, {region} {10_000 + number}",
                "address_detail": f"Unit {number}",
                "address_line1": street,
                "address_line2": f"Suite {number}",
                "address_line3": " ",
                "address_line4": " ",
                "postal_code": str(10_000 + number),
                "post_town": "Sampletown",
                "region_code": region,
                "district_info": [
                    {
                        "address_level_name": "Country",
                        "address_name": region,
                        "address_level": "L0",
                        "iso_code": region,
                    },
                    {
                        "address_level_name": "State",
                        "address_name": "Sampleshire",
                        "address_level": "L1",
                        "iso_code": "",
                    },
                ],
                "delivery_preferences": {"drop_off_location": "Front Door"},
            }
        )
    )
