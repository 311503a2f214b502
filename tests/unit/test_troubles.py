"""What is wrong with a shop, in the order of what matters."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.domain.errors import CallRejected, RetryLater, ScopeMissing
from worker.domain.records import Stream
from worker.overview.troubles import Weight, troubles

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
TARGETS = {Stream.ORDERS: timedelta(minutes=10), Stream.PRODUCTS: timedelta(hours=2)}


def stream(**changed):
    """Return a stream that is well, but for this."""
    return {
        "freshness_seconds": 60,
        "next_run_at": NOW,
        "stalled_since": None,
        "failures": 0,
        "last_error": None,
        "disabled": None,
        "reconcile": None,
        **changed,
    }


def found(*, state="active", error=None, failing=None, **orders):
    """Return the troubles of a shop whose products are well."""
    row = {
        "authorization_state": state,
        "last_error": error,
        "failing": failing,
        "streams": {"orders": stream(**orders), "products": stream()},
    }
    return list(troubles(row, TARGETS))


def test_a_shop_that_is_well_has_none():
    """Also while its token is being refreshed."""
    assert found() == []
    assert found(state="refreshing") == []


@pytest.mark.parametrize("state", ["needs_reauthorization", "revoked"])
def test_of_a_dead_authorization_nothing_else_matters(state):
    """Its streams rest, whatever they said before."""
    (trouble,) = found(state=state, error="code 1", failures=3, disabled="ScopeMissing")

    assert (trouble.weight, trouble.reason) == (Weight.ACT, "code 1")
    assert "link" in trouble.remedy


def test_what_passes_by_itself_is_only_to_be_watched():
    """A token that could not be refreshed yet, an answer that got lost, a failed pull."""
    weights = [
        trouble.weight
        for case in (
            found(state="backing_off"),
            found(state="ambiguous"),
            found(failures=1, last_error="RetryLater: search: code 500"),
            found(freshness_seconds=601),
        )
        for trouble in case
    ]

    assert weights == [Weight.WATCH] * 4


def test_a_shop_that_rests_says_so():
    """Its pulls are not merely late."""
    resting = {"since": NOW, "failures": 7, "next_try_at": NOW}
    (trouble,) = found(failing=resting, failures=4, last_error="RetryLater: code 500")

    assert trouble.weight is Weight.WATCH
    assert trouble.title == (
        "Orders: pulls keep failing, and are tried ever more rarely"
    )


@pytest.mark.parametrize("kind", [ScopeMissing, CallRejected, RetryLater])
def test_the_remedy_is_that_of_the_error(kind):
    """Errors know what to do about them; their text begins with their kind."""
    (trouble,) = found(failures=2, last_error=f"{kind.__name__}: search: code 1")

    assert trouble.remedy == kind.advice


def test_an_error_of_another_kind_has_a_remedy_too():
    """Nothing from the text is looked up that is no error of ours."""
    for text in ("timedelta: x", "OperatorError: x", "", None):
        (trouble,) = found(failures=2, last_error=text)
        assert trouble.remedy == RetryLater.advice


def test_late_begins_behind_the_target():
    """A stream that rests is not late."""
    assert found(freshness_seconds=600) == []
    assert len(found(freshness_seconds=601)) == 1
    assert found(freshness_seconds=601, next_run_at=None) == []


def test_deletions_that_wait_for_a_word_are_told():
    """With the command that gives it."""
    (trouble,) = found(reconcile={"withheld": 12})

    assert trouble.weight is Weight.ACT
    assert "12 are missing" in (trouble.reason or "")
    assert "`sellersync reconcile orders --confirm-deletions`" in trouble.remedy
