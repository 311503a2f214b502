"""What follows each kind of error; the table of the gateway."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.errors import (
    AnswerLost,
    AppMisconfigured,
    CallRejected,
    ClockSkewed,
    ItemGone,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    ScopeMissing,
    ShopClosed,
    SignatureRefused,
    Throttled,
    TokenExpired,
    TooManyResults,
    Unreachable,
    UnreadableReply,
)
from worker.gateway.decisions import (
    LONGEST_PAUSE,
    Decision,
    RenewToken,
    SendAgain,
    Stop,
    decide,
)

MINUTE = timedelta(minutes=1)
FIVE_SECONDS = timedelta(seconds=5)
HALF = 0.5

PASSING = (RetryLater, Unreachable, AnswerLost, UnreadableReply)
FINAL = (
    ReauthorizeShop,
    ScopeMissing,
    ShopClosed,
    AppMisconfigured,
    ItemGone,
    TooManyResults,
    CallRejected,
    MarketplaceError,
)


def failed(
    kind: type[MarketplaceError], *, retry_after: timedelta | None = None
) -> MarketplaceError:
    """Make an error of a kind."""
    error = kind("orders/search", "no")
    if isinstance(error, RetryLater):
        error.retry_after = retry_after
    return error


def decided(
    error: MarketplaceError,
    *earlier: MarketplaceError,
    repeatable: bool = True,
    left: timedelta = MINUTE,
    jitter: float = HALF,
) -> Decision:
    """Decide with a minute left and five seconds of patience."""
    return decide(
        error,
        earlier=earlier,
        repeatable=repeatable,
        left=left,
        longest_wait=FIVE_SECONDS,
        jitter=jitter,
    )


@pytest.mark.parametrize("kind", [ClockSkewed, SignatureRefused])
@pytest.mark.parametrize("repeatable", [True, False])
def test_a_refused_signature_or_time_is_signed_again_twice_at_most(
    kind: type[MarketplaceError], *, repeatable: bool
) -> None:
    """A refused signature or time is signed again, twice at most, whatever the call."""
    error = failed(kind)

    decisions = [
        decided(error, *[error] * before, repeatable=repeatable) for before in range(3)
    ]

    assert [SendAgain(), SendAgain(), Stop()] == decisions


@pytest.mark.parametrize("repeatable", [True, False])
def test_an_expired_token_is_renewed_once(*, repeatable: bool) -> None:
    """An expired token is renewed once; the second time the error is raised."""
    error = failed(TokenExpired)

    decisions = [
        decided(error, *[error] * before, repeatable=repeatable) for before in range(2)
    ]

    assert [RenewToken(), Stop()] == decisions


def test_other_errors_before_do_not_use_up_the_renewal() -> None:
    """Errors of other kinds do not count against the one renewal."""
    decision = decided(failed(TokenExpired), failed(RetryLater), failed(ClockSkewed))

    assert decision == RenewToken()


@pytest.mark.parametrize("kind", FINAL)
def test_what_does_not_pass_is_raised_at_once(kind: type[MarketplaceError]) -> None:
    """What does not pass by itself is raised at once."""
    assert decided(failed(kind)) == Stop()


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again_after_a_random_wait(
    kind: type[MarketplaceError],
) -> None:
    """What passes by itself is tried again, after a wait that doubles."""
    error = failed(kind)

    decisions = [decided(error, *[error] * before) for before in range(4)]

    assert [
        SendAgain(after=timedelta(seconds=seconds)) for seconds in (0.5, 1, 2, 4)
    ] == decisions


@pytest.mark.parametrize("kind", PASSING)
def test_the_servers_own_wish_is_a_lower_bound_of_the_wait(
    kind: type[MarketplaceError],
) -> None:
    """A marketplace that names a wait gets at least that."""
    error = failed(kind, retry_after=timedelta(seconds=3))

    assert decided(error) == SendAgain(after=timedelta(seconds=3))


@pytest.mark.parametrize("kind", [RetryLater, AnswerLost, UnreadableReply])
def test_a_call_that_must_act_once_is_not_sent_again_in_doubt(
    kind: type[MarketplaceError],
) -> None:
    """A call that must act once is not sent again if it may have been acted on."""
    assert decided(failed(kind), repeatable=False) == Stop()


def test_a_call_that_must_act_once_is_sent_again_if_it_never_left() -> None:
    """A call that must act once is sent again when it certainly never arrived."""
    decision = decided(failed(Unreachable), repeatable=False)

    assert decision == SendAgain(after=timedelta(seconds=0.5))


def test_a_wait_too_long_for_a_worker_slot_is_not_slept() -> None:
    """A wait longer than a worker slot may sleep is handed to the caller."""
    error = failed(RetryLater, retry_after=timedelta(seconds=6))

    assert decided(error) == Stop(retry_after=timedelta(seconds=6))


@pytest.mark.parametrize("kind", [*PASSING, Throttled])
def test_a_wait_beyond_the_deadline_is_not_slept(kind: type[MarketplaceError]) -> None:
    """A wait that does not fit the deadline is handed to the caller."""
    error = failed(kind, retry_after=timedelta(seconds=3))

    decision = decided(error, left=timedelta(seconds=3))

    assert isinstance(decision, Stop)
    assert decision.retry_after == timedelta(seconds=3)


@pytest.mark.parametrize("kind", [ClockSkewed, SignatureRefused, TokenExpired])
def test_after_the_deadline_nothing_is_sent(kind: type[MarketplaceError]) -> None:
    """Once the deadline has passed, nothing is signed or renewed again."""
    assert decided(failed(kind), left=timedelta(0)) == Stop()


def test_too_many_calls_pause_everybody_for_as_long_as_the_server_asks() -> None:
    """A throttled call pauses everybody with the key as the server wishes."""
    error = failed(Throttled, retry_after=timedelta(seconds=4))

    assert decided(error) == SendAgain(pause=timedelta(seconds=4))


def test_too_many_calls_without_a_wish_pause_everybody_longer_each_time() -> None:
    """Without a wish of the server the pause doubles, until it is too long to wait for."""
    error = failed(Throttled)

    decisions = [decided(error, *[error] * before) for before in range(4)]

    assert [
        SendAgain(pause=timedelta(seconds=1.25)),
        SendAgain(pause=timedelta(seconds=2.25)),
        SendAgain(pause=timedelta(seconds=4.25)),
        Stop(pause=timedelta(seconds=8.25), retry_after=timedelta(seconds=8.25)),
    ] == decisions


def test_a_pause_is_never_longer_than_the_longest_quota() -> None:
    """A wish that nobody can mean does not silence an app for days."""
    decision = decided(failed(Throttled, retry_after=timedelta(days=400)))

    assert decision == Stop(pause=LONGEST_PAUSE, retry_after=LONGEST_PAUSE)


waits = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2))


@given(
    kind=st.sampled_from([*PASSING, *FINAL, Throttled, ClockSkewed, TokenExpired]),
    wish=st.none() | waits,
    earlier=st.lists(
        st.sampled_from([RetryLater, Throttled, ClockSkewed, TokenExpired]), max_size=40
    ),
    left=waits,
    jitter=st.floats(0, 1, exclude_max=True),
    repeatable=st.booleans(),
)
def test_no_decision_sleeps_longer_than_allowed(
    *,
    kind: type[MarketplaceError],
    wish: timedelta | None,
    earlier: list[type[MarketplaceError]],
    left: timedelta,
    jitter: float,
    repeatable: bool,
) -> None:
    """Whatever happened before: a wait fits both the worker slot and the deadline."""
    decision = decided(
        failed(kind, retry_after=wish),
        *map(failed, earlier),
        repeatable=repeatable,
        left=left,
        jitter=jitter,
    )

    if isinstance(decision, SendAgain):
        slept = max(decision.after, decision.pause or timedelta(0))
        assert slept <= FIVE_SECONDS
        assert slept < left
