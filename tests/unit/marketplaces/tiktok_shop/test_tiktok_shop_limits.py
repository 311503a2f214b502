"""What a TikTok Shop call counts against."""

from dataclasses import replace
from datetime import timedelta

from worker.domain.calls import Call
from worker.domain.identity import App
from worker.domain.limits import Limit
from worker.marketplaces.tiktok_shop.limits import limits

OF_A_SHOP = Call(endpoint="/order/202309/orders/search", shop_id="7")


def test_the_limit_is_counted_per_app_and_shop(app: App) -> None:
    """Shops do not share it; calls of no shop have one of their own."""
    assert limits(OF_A_SHOP, app) == (Limit(name="shop:7", calls=10),)
    assert limits(Call(endpoint="/authorization"), app) == (
        Limit(name="app", calls=10),
    )


def test_a_development_shop_has_an_hourly_quota(app: App) -> None:
    """It counts beside the second's, and only where there is a shop."""
    development = replace(app, requests_per_hour=100)

    assert limits(OF_A_SHOP, development)[1:] == (
        Limit(name="shop:7:hour", calls=100, per=timedelta(hours=1)),
    )
    assert len(limits(Call(endpoint="/authorization"), development)) == 1


def test_an_endpoint_may_have_a_limit_of_its_own(app: App) -> None:
    """Per app and shop, like everything here."""
    limited = replace(app, endpoint_limits=(("/order/202309/orders/search", 3.0),))

    assert limits(OF_A_SHOP, limited)[1:] == (
        Limit(name="shop:7:endpoint:/order/202309/orders/search", calls=3.0),
    )
