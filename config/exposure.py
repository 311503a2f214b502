"""Who may come to the web face: this machine's users, or whoever has a password or a proxy."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

from pydantic import SecretStr

Network = IPv4Network | IPv6Network


class Exposed(Protocol):
    """What decides it; the settings of the web face are one."""

    @property
    def host(self) -> str:
        """Where it listens."""

    @property
    def password(self) -> SecretStr | None:
        """What everybody is asked for."""

    @property
    def user_header(self) -> str | None:
        """Where a reverse proxy names the user."""


def refusal(web: Exposed) -> str | None:
    """Return why the web face must not listen there; None if it may."""
    if is_local(web.host) or web.password or web.user_header:
        return None
    return (
        f"the web face would be open to everybody who reaches {web.host}; set "
        "SELLERSYNC_WEB__PASSWORD (or SELLERSYNC_WEB__USER_HEADER, behind a proxy that "
        "signs people in), or leave SELLERSYNC_WEB__HOST at 127.0.0.1"
    )


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def blank_is_unset(value: object) -> object:
    """Compose files and shells pass variables on that nobody has set."""
    return None if isinstance(value, str) and not value.strip() else value


def networks(listed: str) -> str:
    """Prove that a list of networks can be read."""
    parse_networks(listed)
    return listed


def parse_networks(listed: str) -> tuple[Network, ...]:
    """Return addresses and networks of a comma-separated list."""
    return tuple(
        ip_network(part.strip(), strict=False)
        for part in listed.split(",")
        if part.strip()
    )
