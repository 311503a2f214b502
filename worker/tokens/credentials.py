"""Credentials that cannot change: those of a token call, or of a seller being connected."""

from dataclasses import dataclass

from worker.domain.errors import ReauthorizeShop
from worker.domain.identity import Credentials


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """The same for every attempt."""

    fixed: Credentials

    def current(self) -> Credentials:
        """Return them."""
        return self.fixed

    def renew(self, rejected: Credentials) -> Credentials:  # noqa: ARG002 -- the protocol's signature
        """Refuse: nothing can renew a token in the middle of its own renewal."""
        raise ReauthorizeShop("token", "the marketplace says the token has expired")
