"""Credentials that cannot change: those of a token call, or of a seller being connected."""

from dataclasses import dataclass

from worker.domain.identity import Credentials


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """The same for every attempt."""

    fixed: Credentials
    # Token calls of sellers that are not known yet share one turn.
    seller: str = ""

    def current(self) -> Credentials:
        """Return them."""
        return self.fixed

    def renew(self, rejected: Credentials) -> Credentials:
        """Return what was rejected: nothing renews a token in its own renewal."""
        return rejected
