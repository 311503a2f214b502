"""Where a call's credentials come from; the tokens live elsewhere."""

from typing import Protocol

from worker.domain.identity import Credentials


class CredentialSource(Protocol):
    """One seller's credentials, as fresh as each attempt needs them."""

    @property
    def seller(self) -> str:
        """Whose turn a call takes in the app's queue; unique within the app."""

    def current(self) -> Credentials:
        """Read the credentials anew: another process may have renewed them."""

    def renew(self, rejected: Credentials) -> Credentials:
        """Refresh once, or return what somebody else refreshed since `rejected` was read.

        Where nothing can be renewed, return `rejected`: the call then fails as it stands.
        """
