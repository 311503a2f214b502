"""Conversations of several calls, driven by the gateway."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import pytest

from worker.domain.calls import Call
from worker.domain.errors import (
    BudgetExhausted,
    ItemGone,
)


def test_a_conversation_gets_each_payload_and_returns_its_result(
    played: Callable[..., Any],
) -> None:
    """Each yielded call is sent and answered; the result is what it all comes to."""
    stage = played("one", "two")

    def conversation() -> Generator[Call, object, str]:
        first = yield stage.call
        second = yield replace(stage.call, endpoint="orders/detail")
        return f"{first}+{second}"

    assert stage.converse(conversation()) == "one+two"
    assert len(stage.budget.taken) == 2


def test_a_conversation_without_calls_sends_nothing(played: Callable[..., Any]) -> None:
    """A conversation may know its result without asking."""
    stage = played()

    def conversation() -> Generator[Call, object, str]:
        yield from ()
        return "known"

    assert stage.converse(conversation()) == "known"
    assert stage.wire.sent == []


def test_a_conversation_may_go_on_after_an_error(played: Callable[..., Any]) -> None:
    """A marketplace's error is raised where the call was yielded."""
    stage = played(ItemGone, "other")

    def conversation() -> Generator[Call, object, str]:
        try:
            yield stage.call
        except ItemGone:
            other = yield stage.call
            return f"skipped, then {other}"
        return "unexpected"

    assert stage.converse(conversation()) == "skipped, then other"


def test_an_error_that_a_conversation_leaves_alone_is_raised(
    played: Callable[..., Any],
) -> None:
    """What the conversation does not catch reaches the caller."""
    stage = played(ItemGone)

    def conversation() -> Generator[Call, object, str]:
        yield stage.call
        return "unexpected"

    with pytest.raises(ItemGone):
        stage.converse(conversation())


def test_a_conversation_cut_short_is_closed(played: Callable[..., Any]) -> None:
    """An error that is none of the marketplace's ends the conversation properly."""
    stage = played()
    stage.budget.free = False
    ended: list[str] = []

    def conversation() -> Generator[Call, object, str]:
        try:
            yield stage.call
        finally:
            ended.append("closed")
        return "unexpected"

    running = conversation()
    with pytest.raises(BudgetExhausted):
        stage.converse(running)

    assert ended == ["closed"]
