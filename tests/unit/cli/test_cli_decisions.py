"""When a pull in this process goes on after an error, and when a followed one is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.cli.following import Sighting, verdict
from worker.cli.outcomes import Outcome
from worker.cli.patience import wait_before_next
from worker.domain.errors import (
    BudgetExhausted,
    BudgetUnavailable,
    LeaseLost,
    OperatorError,
    ReauthorizeShop,
    RetryLater,
    Throttled,
    Unreachable,
)
from worker.domain.records import Stream
from worker.store.certificates import StoredHistory
from worker.store.progress import Progress
from worker.store.streams import StoredStream

BEGAN = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BEFORE = StoredStream(
    id=1,
    shop_key="temu:eu:1",
    stream=Stream.ORDERS,
    progress=Progress(),
    since=None,
    next_run_at=BEGAN,
    lease_token=None,
    lease_until=None,
    last_success_at=BEGAN - SECOND,
    failures=2,
    last_error="RetryLater: HTTP 500",
    disabled=None,
)


def judge(stream, history=None):
    """Return how a stream came out that was as above before."""
    seen = Sighting(stream, history)
    return verdict(BEFORE.shop_key, Sighting(BEFORE), seen, since=BEGAN)


@pytest.mark.parametrize(
    ("error", "quiet", "has_pages", "expected"),
    [
        # A marketplace that never answered is given up: a person is waiting.
        (Unreachable("/x", "no connection"), 5, False, None),
        # One that was at it is waited for, for a minute.
        (Unreachable("/x", "no connection"), 5, True, 0.5),
        (RetryLater("/x", "500", retry_after=7 * SECOND), 5, True, 7),
        (RetryLater("/x", "500", retry_after=7 * SECOND), 54, True, None),
        # One that wants a pause is alive.
        (Throttled("/x", "429", retry_after=30 * SECOND), 5, False, 30),
        (Throttled("/x", "429", retry_after=3600 * SECOND), 0, True, None),
        (BudgetExhausted(retry_after=2 * SECOND), 5, False, 2),
        # Somebody else was faster: the claim is asked for again.
        (LeaseLost("taken"), 0, False, 0.5),
        (ReauthorizeShop("/x", "revoked"), 0, True, None),
        (OperatorError("no app"), 0, True, None),
        (BudgetUnavailable("no Redis"), 0, True, None),
    ],
)
def test_what_follows_an_error(error, quiet, has_pages, expected):
    """A wait in seconds, or nothing: then the shop has failed."""
    wait = wait_before_next(error, quiet_for=quiet * SECOND, has_pages=has_pages)

    assert (None if expected is None else timedelta(seconds=expected)) == wait


def test_a_stream_is_done_after_a_new_success():
    """One that was before the command began does not count."""
    done = replace(BEFORE, last_success_at=BEGAN + SECOND, failures=0, last_error=None)

    assert judge(BEFORE) is None
    assert judge(done) == Outcome(shop_key="temu:eu:1", watermark=None)


def test_a_success_that_leaves_something_to_read_again_is_not_the_end():
    """It was of a pull that ran before `--since` was asked for."""
    early = replace(BEFORE, last_success_at=BEGAN + SECOND, since=BEGAN)

    assert judge(early) is None


def test_history_that_is_not_here_yet_is_waited_for():
    """Live pulls succeed long before the last slice is read."""
    done = replace(BEFORE, last_success_at=BEGAN + SECOND)
    history = StoredHistory(
        slices=4,
        open=1,
        open_until=BEGAN,
        begins_at=None,
        failures=0,
        last_error=None,
    )

    assert judge(done, history) is None
    assert judge(done, replace(history, open=0)) is not None


def test_a_slice_that_fails_ends_the_following():
    """With its reason."""
    history = StoredHistory(
        slices=4,
        open=1,
        open_until=BEGAN,
        begins_at=None,
        failures=1,
        last_error="RetryLater: HTTP 500",
    )
    outcome = judge(BEFORE, history)

    assert outcome is not None
    assert outcome.reason == "RetryLater: HTTP 500"


@pytest.mark.parametrize(
    "change", [{"failures": 3}, {"failures": 1, "last_error": "Throttled: 429"}]
)
def test_a_new_failure_ends_the_following(change):
    """One more failure, or another error than before."""
    failed = replace(BEFORE, **change)
    outcome = judge(failed)

    assert outcome is not None
    assert outcome.reason == failed.last_error


def test_a_shop_that_was_removed_ends_the_following():
    """Nobody will ever pull it."""
    outcome = verdict(BEFORE.shop_key, Sighting(BEFORE), None, since=BEGAN)

    assert outcome is not None
    assert outcome.reason == "the shop has been removed"
