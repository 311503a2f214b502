"""When a token is refreshed, and when a failed refresh is tried again."""

from datetime import datetime, timedelta

from worker.domain.backoff import wait_after
from worker.domain.grants import Grant

# At the latest this long before expiry, unless the token lives too briefly for that.
_MARGIN = timedelta(minutes=10)
# Tokens issued together spread over this part of their lifetime.
_SPREAD = 0.05
_FLOOR = timedelta(minutes=1)
_FIRST_RETRY = timedelta(seconds=15)
_LONGEST_RETRY = timedelta(hours=1)


def next_refresh(
    grant: Grant, *, now: datetime, check_every: timedelta, chance: float
) -> datetime:
    """Return when to refresh a grant that arrived just now.

    A quarter of the lifetime is kept in reserve; `chance` in [0, 1) moves the moment
    forward so that sellers connected together are not refreshed together. A grant
    without refresh token is only looked at, every `check_every`.
    """
    lifetime = max(grant.access_expires_at - now, timedelta(0))
    reserve = max(lifetime / 4, min(_MARGIN, lifetime / 2))
    moment = grant.access_expires_at - reserve - lifetime * _SPREAD * chance
    if not grant.refresh_token:
        moment = min(moment, now + check_every * (1 - _SPREAD * chance))
    # A token that has ended already must not be asked after at every tick.
    return max(moment, now if lifetime else now + _FLOOR)


def next_attempt(failures: int, *, now: datetime, chance: float) -> datetime:
    """Return when to try again after this many failures in a row."""
    return now + wait_after(
        failures, first=_FIRST_RETRY, longest=_LONGEST_RETRY, chance=chance
    )
