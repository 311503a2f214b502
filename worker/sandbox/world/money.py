"""Money as whole minor units, written the way the marketplaces write it."""

# How many digits follow the point; two, where nothing is said.
DIGITS = {"IDR": 0, "JPY": 0, "KRW": 0, "VND": 0}


def amount_text(minor_units: int, currency: str) -> str:
    """Return a decimal string in major units: `1299` USD is `12.99`, `5000` IDR `5000`."""
    digits = DIGITS.get(currency, 2)
    if digits == 0:
        return str(minor_units)
    whole, rest = divmod(minor_units, 10**digits)
    return f"{whole}.{rest:0{digits}d}"
