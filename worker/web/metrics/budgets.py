"""What each app sends and may send."""

from collections.abc import Callable, Collection, Iterator, Mapping

from prometheus_client.core import Metric

from worker.domain.calls import Call
from worker.domain.limits import OF_APP
from worker.gateway.standing import Standing
from worker.runtime import Runtime
from worker.web.metrics.families import gauge

_APP = ("app",)
# Whether the marketplace counts per app or per shop.
_OF_A_SHOP = Call(endpoint="any", shop_id="any")


def budget_families(here: Runtime, shops: Mapping[str, int]) -> Iterator[Metric]:
    """Return what is known of budgets; `shops` are those of each app that are pulled.

    Raises:
        BudgetUnavailable: Redis did not answer.
    """
    apps = {app.app_id: (marketplace, app) for marketplace, app in here.apps.apps}
    standings = {app_id: here.standings(app) for app_id, (_, app) in apps.items()}
    own = {app_id: limits[OF_APP] for app_id, limits in standings.items()}
    limit = {app_id: app.requests_per_second for app_id, (_, app) in apps.items()}
    counted = {
        app_id: max(shops.get(app_id, 0), 1)
        if marketplace.limits(_OF_A_SHOP, app)[0].name != OF_APP
        else 1
        for app_id, (marketplace, app) in apps.items()
    }
    yield gauge(
        "sellersync_app_calls_per_second",
        "Calls of the app in the last seconds.",
        _APP,
        (((app_id,), stands.calls_per_second) for app_id, stands in own.items()),
    )
    yield gauge(
        "sellersync_app_limit_calls_per_second",
        "What the settings allow: of the app, or of each of its shops.",
        _APP,
        (((app_id,), calls) for app_id, calls in limit.items()),
    )
    yield gauge(
        "sellersync_app_allowed_ratio",
        "The part of its limit that refusals have left to the app.",
        _APP,
        _over_limits(standings, lambda limits: min(each.share for each in limits)),
    )
    yield gauge(
        "sellersync_app_utilisation_ratio",
        "The part of all limits of the app and its shops that is used.",
        _APP,
        (
            ((app_id,), stands.calls_per_second / (limit[app_id] * counted[app_id]))
            for app_id, stands in own.items()
        ),
    )
    yield gauge(
        "sellersync_app_waiting_calls",
        "Calls that wait for their turn, at the app's own limit and those refused lately.",
        _APP,
        _over_limits(standings, lambda limits: sum(each.waiting for each in limits)),
    )
    yield gauge(
        "sellersync_app_paused_seconds",
        "For how long calls rest because the marketplace refused some.",
        _APP,
        _over_limits(standings, lambda limits: max(each.paused_for for each in limits)),
    )


def _over_limits(
    standings: Mapping[str, Mapping[str, Standing]],
    figure: Callable[[Collection[Standing]], float],
) -> Iterator[tuple[tuple[str], float]]:
    for app_id, limits in standings.items():
        yield (app_id,), figure(limits.values())
