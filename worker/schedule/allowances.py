"""How much of its budget each app can spend now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from worker.domain.calls import Call
from worker.domain.identity import App
from worker.domain.limits import OF_APP
from worker.domain.marketplace import Marketplace
from worker.gateway.standing import Standing

# An app that no setting names any more cannot be called: its streams fail with one line
# that says so, a few at a time.
FORGOTTEN = 1.0  # calls per second


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one app may send, and whether each of its shops may send so much."""

    app_id: str
    calls_per_second: float
    per_shop: bool = False
    # The marketplace has refused calls: none is sent before that.
    paused_for: timedelta = timedelta(0)


def own_limit(marketplace: Marketplace, app: App) -> tuple[float, bool]:
    """Return the calls per second of an app's pulls, and whether each shop has so many."""
    limit = marketplace.limits(Call(endpoint="any", shop_id="any"), app)[0]
    return limit.calls, limit.name != OF_APP


def allowance_of(
    marketplace: Marketplace, app: App, standing: Callable[[App], Standing]
) -> Allowance:
    """Return what an app may send; refusals of late have lowered its limit.

    Raises:
        BudgetUnavailable: Redis did not answer.
    """
    calls, per_shop = own_limit(marketplace, app)
    if per_shop:
        return Allowance(app_id=app.app_id, calls_per_second=calls, per_shop=True)
    stands = standing(app)
    return Allowance(
        app_id=app.app_id,
        calls_per_second=calls * stands.share,
        paused_for=timedelta(seconds=stands.paused_for),
    )


def allowances(
    apps: Sequence[tuple[Marketplace, App]], standing: Callable[[App], Standing]
) -> list[Allowance]:
    """Return what each configured app may send.

    Raises:
        BudgetUnavailable: Redis did not answer.
    """
    return [allowance_of(marketplace, app, standing) for marketplace, app in apps]
