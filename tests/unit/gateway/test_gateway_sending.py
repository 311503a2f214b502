"""One call through the gateway: paid, signed, sent, read and told."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from worker.domain.calls import HttpReply, Work
from worker.domain.errors import (
    AnswerLost,
    BudgetExhausted,
    CallRejected,
    ClockSkewed,
    MarketplaceError,
    RetryLater,
    SignatureRefused,
    Throttled,
    TokenExpired,
    UnreadableReply,
)
from worker.domain.limits import Limit
from worker.gateway.demand import Demand


class JournalBroken(Exception):
    """What a caller's own `before_reading` may raise."""


def test_a_call_is_paid_signed_sent_and_read(played: Callable[..., Any]) -> None:
    """One call takes one from the budget of its limits, as its seller's turn."""
    stage = played("fine")

    payload = stage.send()

    assert payload == "fine"
    assert stage.budget.taken == [
        Demand(
            app_id=stage.app.app_id,
            limits=(Limit(name="shop:shop-1", calls=10),),
            seller="seller-1",
            work=Work.ORDERS,
            endpoint="orders/search",
        )
    ]
    assert stage.queries() == [f"t={stage.start:.0f}&token={stage.canary}-1"]


def test_the_budget_learns_how_long_answers_take(played: Callable[..., Any]) -> None:
    """Also refusals are answers; where none came there is nothing to learn."""
    stage = played(AnswerLost, "broken", "fine")
    stage.means("broken", Throttled)
    stage.wire.slowness = 0.5

    stage.send()

    assert stage.budget.latencies == [("orders/search", 0.5)] * 2


def test_credentials_are_read_before_the_slot_is_awaited(
    played: Callable[..., Any],
) -> None:
    """A slow database must not make a call miss its slot."""
    stage = played("fine")
    stage.budget.free = False

    with pytest.raises(BudgetExhausted):
        stage.send()

    assert stage.tokens.read == 1


def test_a_slot_that_passed_while_signing_is_not_used(
    played: Callable[..., Any],
) -> None:
    """A process that stood still between the two sends in its next slot."""
    stage = played("fine")
    stage.budget.latest = [stage.start - 1, stage.start - 1]

    stage.send()

    assert len(stage.budget.taken) == 3
    assert len(stage.wire.sent) == 1
    assert [each.waited for each in stage.records] == [0.75]


def test_a_process_that_misses_every_slot_comes_back_later(
    played: Callable[..., Any],
) -> None:
    """Nothing was sent, and the others have their turn."""
    stage = played("fine")
    stage.budget.latest = [stage.start - 1] * 9

    with pytest.raises(BudgetExhausted):
        stage.send()

    assert stage.wire.sent == []


def test_a_record_says_how_long_the_answer_took(played: Callable[..., Any]) -> None:
    """The time on the wire is told apart from the wait for the budget."""
    stage = played("fine")
    stage.wire.slowness = 2

    stage.send()

    assert [(each.waited, each.took) for each in stage.records] == [(0.25, 2)]


def test_no_free_call_sends_nothing(played: Callable[..., Any]) -> None:
    """Without a call of the budget nothing is sent, and nobody tries again."""
    stage = played("fine")
    stage.budget.free = False

    with pytest.raises(BudgetExhausted):
        stage.send()

    assert stage.wire.sent == []


def test_every_reply_is_shown_before_it_is_read(
    played: Callable[..., Any], reply: Callable[..., HttpReply]
) -> None:
    """A reply is handed over before anybody tries to understand it, errors included."""
    stage = played(reply("html", status=502), "fine")
    stage.means("html", UnreadableReply)
    seen: list[tuple[bytes, int]] = []

    stage.send(before_reading=lambda one: seen.append((one.body, len(stage.records))))

    assert seen == [(b"html", 0), (b"fine", 1)]


def test_what_goes_wrong_before_reading_is_not_retried(
    played: Callable[..., Any],
) -> None:
    """A journal that cannot be written stops the call: its reply must not be used."""
    stage = played("fine", "fine")

    def broken(_: HttpReply) -> None:
        raise JournalBroken

    with pytest.raises(JournalBroken):
        stage.send(before_reading=broken)

    assert len(stage.wire.sent) == 1


def test_nobody_needs_to_listen(played: Callable[..., Any]) -> None:
    """A gateway without an observer sends all the same."""
    stage = played("fine", listening=False)

    assert stage.send() == "fine"
    assert stage.records == []


def test_every_call_sent_is_told(
    played: Callable[..., Any], reply: Callable[..., HttpReply]
) -> None:
    """The observer hears of each attempt, with what came of it."""
    stage = played(AnswerLost, reply("busy", status=503), reply(**{"x-id": "req-2"}))
    stage.means("busy", RetryLater)

    stage.send()

    told = [
        (each.attempt, each.outcome, each.http_status, each.request_id)
        for each in stage.records
    ]
    assert told == [
        (1, "AnswerLost", None, "req-1"),
        (2, "RetryLater", 503, "req-1"),
        (3, "ok", 200, "req-2"),
    ]
    assert stage.records[0].app_id == stage.app.app_id
    assert [each.waited for each in stage.records] == [0.25] * 3


@pytest.mark.parametrize(
    "kind", [ClockSkewed, SignatureRefused, TokenExpired, CallRejected, AnswerLost]
)
def test_no_text_of_a_failed_call_holds_a_secret(
    played: Callable[..., Any], kind: type[MarketplaceError]
) -> None:
    """Neither the error, nor what it is chained to, nor a record shows a token."""
    stage = played(*[kind] * 9)

    with pytest.raises(kind) as raised:
        stage.send()

    chained = "".join(traceback.format_exception(raised.value))
    assert any(stage.canary in query for query in stage.queries())
    assert (
        stage.canary
        not in f"{chained}{raised.value!r}{stage.records!r}{stage.wire.sent!r}"
    )
