"""What `sellersync sandbox` prints: the settings to paste and the sellers to connect."""

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any


def invitation(
    base_url: str, environment: Mapping[str, str], sellers: Mapping[str, Any]
) -> str:
    """Return lines that can be pasted into a shell as they are."""
    return "\n".join(
        [
            f"# The marketplaces' look-alikes answer at {base_url}; Ctrl-C ends them.",
            "# Point sellersync at them:",
            *(f"export {name}={quote(value)}" for name, value in environment.items()),
            "",
            "# Connect their sellers in a browser, on the page of `sellersync up`, or here;",
            f"# the codes work once and for a few minutes, {base_url}/sellers shows fresh ones:",
            *_connections(sellers),
            "",
            f"# {base_url}/truth is what the database must hold in the end,",
            f"# {base_url}/stats tells what was called and whether a limit was broken.",
        ]
    )


def _connections(sellers: Mapping[str, Any]) -> Iterator[str]:
    for seller in sellers["tiktok_shop"]["sellers"]:
        yield f"sellersync connect tiktok-shop --auth-code {quote(seller['auth_code'])}"
    for zone, app in sellers["temu"].items():
        for mall in app["malls"]:
            yield f"sellersync connect temu --zone {zone} --code {quote(mall['code'])}"
