"""What a seller gave us: tokens, how long they live, what they allow."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.identity import Credentials


class AuthorizationState(StrEnum):
    """The life of one authorization; scheduling follows it."""

    ACTIVE = "active"
    # A refresh is in flight; its owner holds the lease.
    REFRESHING = "refreshing"
    # A refresh was sent and its answer never arrived.
    AMBIGUOUS = "ambiguous"
    # The last refresh failed in a way that passes by itself.
    BACKING_OFF = "backing_off"
    # The marketplace said that only the seller can help.
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    # The seller took the grant back.
    REVOKED = "revoked"


# A dead authorization costs no further calls.
DEAD = frozenset({AuthorizationState.NEEDS_REAUTHORIZATION, AuthorizationState.REVOKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One reply of a token endpoint, in our words; all times are absolute."""

    # TikTok Shop `open_id`, Temu `mallId`: what the authorization is keyed by.
    subject: str
    name: str | None = None
    region: str | None = None
    access_token: str = field(repr=False)
    access_expires_at: datetime
    # Temu has no refresh token: the seller authorises again.
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    # None where the reply does not say; an empty tuple means "nothing allowed".
    scopes: tuple[str, ...] | None = None

    @property
    def credentials(self) -> Credentials:
        """The part of the grant that signs calls."""
        return Credentials(
            access_token=self.access_token, refresh_token=self.refresh_token or ""
        )
