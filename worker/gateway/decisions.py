"""What happens after a failed attempt: a value, decided from values.

What passes within seconds is waited for here; everything longer is raised with its
`retry_after`, because a worker slot is too dear to sleep in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.errors import (
    ClockSkewed,
    MarketplaceError,
    RetryLater,
    SignatureRefused,
    Throttled,
    TokenExpired,
    Unreachable,
)

NOW = timedelta(0)

# A wrong clock or token is put right by the first new signature; the second one is for a
# refresh that another process finished in between. More would only spend the budget.
NEW_SIGNATURES = 2

FIRST_BACKOFF = timedelta(seconds=1)
LONGEST_BACKOFF = timedelta(seconds=10)

# TikTok Shop's published protocol: 1 s, doubled, plus up to 0.5 s of jitter, at most 60 s.
FIRST_PAUSE = timedelta(seconds=1)
PAUSE_JITTER = timedelta(seconds=0.5)
LONGEST_OWN_PAUSE = timedelta(seconds=60)
# An hourly quota asks for up to an hour; whoever asks for more is asked again by then.
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAgain:
    """Sign and send once more."""

    after: timedelta = NOW
    # Everybody with this key stops for so long; the budget makes this call wait with them.
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RenewToken:
    """Renew the token, then sign and send once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Raise the error to whoever asked."""

    # When it is worth another try, if anybody knows.
    retry_after: timedelta | None = None
    pause: timedelta | None = None


Decision = SendAgain | RenewToken | Stop


def decide(
    error: MarketplaceError,
    *,
    earlier: Sequence[MarketplaceError],
    repeatable: bool,
    left: timedelta,
    longest_wait: timedelta,
    jitter: float,
) -> Decision:
    """Say what follows an error, given the `earlier` ones of the same call.

    `left` is what remains of the call's deadline; `jitter` is in [0, 1).
    """
    again = sum(isinstance(other, type(error)) for other in earlier)
    match error:
        case ClockSkewed() | SignatureRefused() if (
            again < NEW_SIGNATURES and left > NOW
        ):
            return SendAgain()
        case TokenExpired() if not again and left > NOW:
            return RenewToken()
        case Throttled():
            pause = _pause(error, again=again, jitter=jitter)
            if _fits(pause, left=left, longest_wait=longest_wait):
                return SendAgain(pause=pause)
            return Stop(retry_after=pause, pause=pause)
        case RetryLater() if _may_repeat(error, repeatable=repeatable):
            after = _backoff(error, tried=len(earlier), jitter=jitter)
            fits = _fits(after, left=left, longest_wait=longest_wait)
            return SendAgain(after=after) if fits else Stop(retry_after=after)
        case _:
            return Stop()


def _fits(wait: timedelta, *, left: timedelta, longest_wait: timedelta) -> bool:
    return wait <= longest_wait and wait < left


def _may_repeat(error: RetryLater, *, repeatable: bool) -> bool:
    """Tell whether sending again can do no harm.

    A call that must act once only goes out again if it certainly never arrived: even an
    "internal error" may have rotated a token.
    """
    return repeatable or (isinstance(error, Unreachable) and not error.ambiguous)


def _backoff(error: RetryLater, *, tried: int, jitter: float) -> timedelta:
    """Return the wait: full jitter, so that many failing at once do not return at once."""
    ceiling = min(FIRST_BACKOFF * 2.0 ** min(tried, 10), LONGEST_BACKOFF)
    return max(error.retry_after or NOW, jitter * ceiling)


def _pause(error: Throttled, *, again: int, jitter: float) -> timedelta:
    """Return how long everybody with the key stops."""
    own = FIRST_PAUSE * 2.0 ** min(again, 10) + jitter * PAUSE_JITTER
    wished = error.retry_after or NOW
    return min(max(wished, min(own, LONGEST_OWN_PAUSE)), LONGEST_PAUSE)
