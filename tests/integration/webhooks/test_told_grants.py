"""What a marketplace tells of a seller's grant: proved first, then its end."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.webhooks.looking import (
    grant_of,
    look,
    names_of_events,
    state,
    tell,
)
from worker.domain.grants import AuthorizationState
from worker.domain.notifications import Kind

pytestmark = pytest.mark.integration


def test_a_deauthorization_that_is_true_ends_the_grant(here, sandbox, tiktok_shop_key):
    """After it was asked for; with one event."""
    (open_id,) = {
        seller["open_id"]
        for seller in sandbox.sellers()["tiktok_shop"]["sellers"]
        for shop in seller["shops"]
        if shop["shop_key"] == tiktok_shop_key
    }
    sandbox.tell(revoke=open_id)
    for number in ("1", "2"):
        tell(here, tiktok_shop_key, kind=Kind.DEAUTHORIZED, number=number)
        (looked,) = look(here)
        assert looked.outcome == ("confirmed" if number == "1" else "known")

    assert state(here, tiktok_shop_key) is AuthorizationState.REVOKED
    assert names_of_events(here).count("authorization_revoked") == 1


def test_an_old_deauthorization_ends_nothing(here, tiktok_shop_key):
    """Its signature stays genuine for ever, so it may come again after a new grant."""
    tell(here, tiktok_shop_key, kind=Kind.DEAUTHORIZED)
    (looked,) = look(here)

    assert looked.outcome == "still_valid"
    assert state(here, tiktok_shop_key) is AuthorizationState.ACTIVE


def test_an_end_that_is_known_costs_no_call(here, tiktok_shop_key):
    """It comes every day for a month."""
    ends_at = grant_of(here, tiktok_shop_key).ends_at
    tell(here, tiktok_shop_key, kind=Kind.ENDS_SOON, ends_at=ends_at)
    (looked,) = look(here)

    assert looked.outcome == "known"


def test_an_end_that_is_news_is_asked_for(here, tiktok_shop_key):
    """The marketplace's answer to us counts, not what was posted."""
    soon = datetime.now(UTC) + timedelta(days=20)
    before = grant_of(here, tiktok_shop_key)
    tell(here, tiktok_shop_key, kind=Kind.ENDS_SOON, ends_at=soon)
    (looked,) = look(here)
    after = grant_of(here, tiktok_shop_key)

    assert looked.outcome == "asked"
    assert after.version == before.version + 1
    assert after.ends_at > soon + timedelta(days=300)
