"""What the gateway does when a call fails: how often it sends, and what it raises."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from worker.domain.calls import Call, Host, HttpReply
from worker.domain.errors import (
    AnswerLost,
    CallRejected,
    ClockSkewed,
    ItemGone,
    MarketplaceError,
    ReauthorizeShop,
    RetryLater,
    SignatureRefused,
    Throttled,
    TokenExpired,
    Unreachable,
    UnreadableReply,
)

ONCE = Call(endpoint="token/refresh", host=Host.AUTH, repeatable=False)
AN_HOUR_LATER = "Fri, 15 Jan 2027 09:00:00 GMT"


def test_each_attempt_is_paid_and_signed_anew(played: Callable[..., Any]) -> None:
    """A failing reply costs one call of the budget per attempt, each signed afresh."""
    stage = played(RetryLater, AnswerLost, "fine")

    stage.send()

    assert len(stage.budget.taken) == 3
    assert stage.time.slept == [0.6, 1.2]
    assert stage.queries() == [
        f"t={stage.start:.0f}&token={stage.canary}-1",
        f"t={stage.start:.0f}&token={stage.canary}-2",
        f"t={stage.start + 1:.0f}&token={stage.canary}-3",
    ]


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        (ClockSkewed, 3),
        (SignatureRefused, 3),
        (TokenExpired, 2),
        (ReauthorizeShop, 1),
        (CallRejected, 1),
        (ItemGone, 1),
        (RetryLater, 5),
        (Unreachable, 5),
        (UnreadableReply, 5),
        (AnswerLost, 5),
        (Throttled, 4),
    ],
)
def test_one_failing_reply_costs_a_known_number_of_calls(
    played: Callable[..., Any], kind: type[MarketplaceError], calls: int
) -> None:
    """Retries are made in one place only, so their number is known for each error."""
    stage = played(*[kind] * 50)
    with pytest.raises(kind):
        stage.send()

    assert len(stage.wire.sent) == calls


@pytest.mark.parametrize("kind", [AnswerLost, RetryLater, UnreadableReply])
def test_a_call_that_must_act_once_is_sent_once(
    played: Callable[..., Any], kind: type[MarketplaceError]
) -> None:
    """A single-use call whose answer is in doubt is not sent again."""
    stage = played(kind, "fine")

    with pytest.raises(kind):
        stage.send(ONCE)

    assert len(stage.wire.sent) == 1


def test_a_wrong_clock_is_learned_from_the_reply(
    played: Callable[..., Any], reply: Callable[..., HttpReply]
) -> None:
    """A refused time is replaced by the server's own, for this host and from then on."""
    stage = played(reply("skewed", date=AN_HOUR_LATER), "fine", "fine", "fine")
    stage.means("skewed", ClockSkewed)

    stage.send()
    stage.send()
    stage.send(ONCE)

    times = [query.partition("&")[0] for query in stage.queries()]
    assert times == [
        f"t={stage.start:.0f}",
        "t=1800003600",
        "t=1800003600",
        f"t={stage.start:.0f}",
    ]


def test_a_date_is_not_believed_unless_the_time_was_refused(
    played: Callable[..., Any], reply: Callable[..., HttpReply]
) -> None:
    """A `Date` beside a good answer, or another error, does not move the clock."""
    stage = played(reply(date=AN_HOUR_LATER), reply("gone", date=AN_HOUR_LATER), "fine")
    stage.means("gone", ItemGone)

    stage.send()
    with pytest.raises(ItemGone):
        stage.send()
    stage.send()

    assert stage.queries()[2].startswith(f"t={stage.start:.0f}")


def test_a_time_that_is_always_refused_shows_both_clocks(
    played: Callable[..., Any], reply: Callable[..., HttpReply]
) -> None:
    """When the server's own time does not help, the error says what both clocks said."""
    stage = played(*[reply("skewed", date=AN_HOUR_LATER)] * 3)
    stage.means("skewed", ClockSkewed)

    with pytest.raises(ClockSkewed) as raised:
        stage.send()

    assert "2027-01-15T08:00:00Z" in str(raised.value)
    assert "2027-01-15T09:00:00Z" in str(raised.value)
    assert (raised.value.code, raised.value.request_id) == (17, "req-1")


def test_a_refused_signature_says_what_was_tried(played: Callable[..., Any]) -> None:
    """A signature refused to the end says that fresh credentials did not help."""
    stage = played(*[SignatureRefused] * 3)

    with pytest.raises(SignatureRefused, match="attempts: 3; the credentials were"):
        stage.send()

    assert stage.tokens.read == 3


def test_an_expired_token_is_renewed_and_the_call_replayed_with_it(
    played: Callable[..., Any],
) -> None:
    """The replay carries what the renewal returned."""
    stage = played(TokenExpired, "fine")

    payload = stage.send()

    assert payload == "fine"
    assert stage.tokens.rejected == [f"{stage.canary}-1"]
    assert stage.queries()[1].endswith("token=renewed")


def test_a_token_that_cannot_be_renewed_is_not_sent_again(
    played: Callable[..., Any],
) -> None:
    """A renewal that changes nothing costs no second call."""
    stage = played(TokenExpired, "fine")
    stage.tokens.renewable = False

    with pytest.raises(TokenExpired):
        stage.send()

    assert len(stage.wire.sent) == 1


@pytest.mark.parametrize("kind", [ReauthorizeShop, SignatureRefused, AnswerLost])
def test_an_error_of_the_renewal_is_raised_as_it_is(
    played: Callable[..., Any],
    failing: Callable[..., MarketplaceError],
    kind: type[MarketplaceError],
) -> None:
    """What went wrong while renewing is not this call's to retry or explain."""
    stage = played(TokenExpired, "fine")
    stage.tokens.refusal = failing(kind)

    with pytest.raises(kind) as raised:
        stage.send()

    assert raised.value is stage.tokens.refusal
    assert len(stage.wire.sent) == 1


def test_throttling_pauses_everybody_instead_of_sleeping_alone(
    played: Callable[..., Any], failing: Callable[..., MarketplaceError]
) -> None:
    """The pause goes to the budget, which makes all callers of the key wait."""
    stage = played(failing(Throttled, retry_after=3), "fine")

    stage.send()

    assert stage.budget.pauses == [("shop:shop-1", 3.0)]
    assert stage.time.slept == []


def test_a_long_pause_is_shared_and_handed_to_the_caller(
    played: Callable[..., Any], failing: Callable[..., MarketplaceError]
) -> None:
    """A pause too long for a worker slot still stops everybody, and is raised."""
    stage = played(failing(Throttled, retry_after=120))

    with pytest.raises(Throttled) as raised:
        stage.send()

    assert stage.budget.pauses == [("shop:shop-1", 120.0)]
    assert raised.value.retry_after == timedelta(seconds=120)


def test_an_error_given_up_says_when_to_try_again(played: Callable[..., Any]) -> None:
    """The wait that was too long to sleep is handed on."""
    stage = played(*[RetryLater] * 9)

    with pytest.raises(RetryLater) as raised:
        stage.send()

    assert raised.value.retry_after == timedelta(seconds=6)


def test_the_deadline_bounds_all_attempts_together(played: Callable[..., Any]) -> None:
    """Slow answers use the deadline up as much as waits do."""
    stage = played(*[RetryLater] * 9)
    stage.wire.slowness = 25

    with pytest.raises(RetryLater):
        stage.send()

    assert len(stage.wire.sent) == 3
