"""Each task leaves one line, with what its calls came to."""

import time
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from worker.domain.calls import Work
from worker.domain.errors import BudgetExhausted, CallRejected
from worker.gateway.records import CallRecord
from worker.gateway.tally import begin_tally, note_call
from worker.runtime.summary import (
    begin_summary,
    sum_up,
    sum_up_trouble,
    tell_summary,
)


def record(**fields):
    """Return a call that went well."""
    values = {
        "marketplace": "temu",
        "app_id": "temu:eu:key",
        "shop_id": "1",
        "endpoint": "bg.order.list.v2.get",
        "work": Work.ORDERS,
        "attempt": 1,
        "outcome": "ok",
        "http_status": 200,
        "waited": 0.25,
        "took": 0.5,
        "request_id": "req-1",
        **fields,
    }
    return CallRecord(**values)


def summary_of(act, *, enqueued_at=None, failed=None):
    """Return the lines that a task leaves which does this."""
    with capture_logs() as lines:
        begin_summary(enqueued_at=enqueued_at)
        act()
        tell_summary(failed=failed)
    return lines


def test_one_line_tells_what_the_task_said_and_what_its_calls_came_to():
    """How many, how long they waited and took, and the last request id."""

    def act():
        note_call(record())
        note_call(record(request_id="req-2"))
        sum_up("pull_done", stream="orders", added=3)

    (line,) = summary_of(act)

    assert line.pop("seconds") >= 0
    assert line == {
        "event": "pull_done",
        "log_level": "info",
        "stream": "orders",
        "added": 3,
        "calls": 2,
        "waited_seconds": 0.5,
        "call_seconds": 1.0,
        "request_id": "req-2",
    }


def test_refused_calls_are_named_for_the_marketplaces_support():
    """The first five, with what they were refused for."""

    def act():
        for number in range(7):
            note_call(record(outcome="Throttled", request_id=f"req-{number}"))
        note_call(record(outcome="AnswerLost", request_id=None))
        sum_up("pull_done")

    (line,) = summary_of(act)

    assert line["calls"] == 8
    assert line["refused"] == [f"Throttled req-{number}" for number in range(5)]
    assert line["request_id"] == "req-6"


def test_trouble_is_a_warning_that_says_what_to_do():
    """With the marketplace's code."""
    error = CallRejected("orders/search", "bad window", code=17)
    (line,) = summary_of(lambda: sum_up_trouble("pull_failed", error, stream="orders"))

    assert (line["event"], line["log_level"]) == ("pull_failed", "warning")
    assert (line["outcome"], line["code"]) == ("CallRejected", 17)
    assert (line["reason"], line["advice"]) == (str(error), error.advice)


def test_to_wait_for_ones_turn_is_no_warning():
    """A busy app is not in trouble."""
    error = BudgetExhausted(retry_after=timedelta(seconds=9))
    (line,) = summary_of(lambda: sum_up_trouble("pull_failed", error))

    assert (line["log_level"], line["outcome"]) == ("info", "BudgetExhausted")


def test_the_last_word_counts():
    """A refresh that went well, after which the shops could not be read."""

    def act():
        sum_up("refresh_done")
        sum_up_trouble("shops_unread", CallRejected("shops", "no"))

    (line,) = summary_of(act)

    assert line["event"] == "shops_unread"


def test_a_task_with_nothing_to_say_is_told_to_who_looks_closely():
    """Most ticks find nothing that is due."""
    (line,) = summary_of(lambda: None)

    assert (line["event"], line["log_level"]) == ("task_done", "debug")


def test_what_nobody_expected_is_an_error():
    """By its kind only: its text could hold anything."""
    (line,) = summary_of(
        lambda: sum_up("pull_done"), failed=ValueError("canary of a payload")
    )

    assert (line["event"], line["log_level"]) == ("task_failed", "error")
    assert line["outcome"] == "ValueError"
    assert "canary" not in str(line)


@pytest.mark.parametrize(("ago", "least"), [(2.0, 2.0), (-60.0, 0.0)])
def test_it_tells_how_long_the_message_waited(ago, least):
    """A sender whose clock is ahead has not sent it in the future."""
    (line,) = summary_of(lambda: sum_up("pull_done"), enqueued_at=time.time() - ago)

    assert least <= line["queued_seconds"] < least + 1


def test_without_a_task_there_is_nothing_to_tell():
    """The same functions are called by commands and tests, too."""
    with capture_logs() as lines:
        sum_up("pull_done")
        tell_summary()

    assert lines == []


def test_calls_of_the_task_before_are_not_counted():
    """Threads are used again."""
    begin_tally()
    note_call(record())
    tally = begin_tally()

    assert (tally.calls, tally.facts()) == (0, {})
