"""How much of its budget an app can spend now."""

from datetime import timedelta

import pytest

from worker.domain.errors import BudgetUnavailable
from worker.domain.identity import App
from worker.gateway.standing import Standing
from worker.marketplaces import marketplace
from worker.schedule.allowances import Allowance, allowance_of


def app(name, zone):
    """Return an app of 20 calls per second."""
    return App(
        marketplace=name,
        zone=zone,
        app_key="key",
        app_secret="made up",
        api_url="https://api.example",
        requests_per_second=20,
    )


def standing(share=1.0, paused_for=0.0):
    """Return how a limit stands."""
    return Standing(
        share=share, paused_for=paused_for, waiting=0, pad=None, calls_per_second=0
    )


def test_an_app_whose_shops_share_a_limit_gets_what_refusals_left_of_it():
    """And nothing before a pause is over."""
    found = allowance_of(
        marketplace("temu"), app("temu", "eu"), lambda _: standing(0.7, 1.5)
    )

    assert found == Allowance(
        app_id="temu:eu:key",
        calls_per_second=14,
        paused_for=timedelta(seconds=1.5),
    )


def test_where_each_shop_has_its_own_limit_redis_is_not_asked():
    """One shop's refusals say nothing of the others."""

    def nobody(_app):
        raise AssertionError

    found = allowance_of(
        marketplace("tiktok_shop"), app("tiktok_shop", "default"), nobody
    )

    assert found == Allowance(
        app_id="tiktok_shop:default:key", calls_per_second=20, per_shop=True
    )


def test_without_redis_nothing_is_allowed():
    """Nobody knows what was sent."""

    def away(_app):
        raise BudgetUnavailable("made up")

    with pytest.raises(BudgetUnavailable):
        allowance_of(marketplace("temu"), app("temu", "eu"), away)
