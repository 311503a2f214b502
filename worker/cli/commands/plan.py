"""`sellersync plan`: do so many sellers fit, and how fresh can they be."""

from datetime import timedelta
from typing import Annotated

import typer

from worker.cli.printing import print_document, print_table, say
from worker.cli.session import opened_runtime
from worker.cli.times import duration, length
from worker.domain.errors import OperatorError
from worker.runtime import Runtime
from worker.runtime.planning import Sized
from worker.sync.capacity import USABLE

_EXAMPLE = """Example:

    sellersync plan --sellers 800 --freshness 5m"""

# Of one worker as `sellersync up` starts it.
_THREADS = 16


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(epilog=_EXAMPLE)(plan)


def plan(
    *,
    sellers: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many sellers; those of the app that are connected, else."
        ),
    ] = None,
    freshness: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How old orders may become, like 5m; what the settings say, else.",
        ),
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="The app's key or app_id; all that are configured, else.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document.")
    ] = False,
) -> None:
    """Say whether so many sellers fit each app's budget, and how fresh they can be."""
    wanted = None if freshness is None else duration(freshness)
    if wanted is not None and wanted < timedelta(seconds=1):
        raise typer.BadParameter("--freshness is at least 1s")
    with opened_runtime() as here:
        sized = [
            here.planning.size(marketplace, found, sellers=sellers, freshness=wanted)
            for marketplace, found in here.apps.apps
            if app is None or app in {found.app_key, found.app_id}
        ]
        if not sized:
            raise _no_app(here, app)
    if json:
        print_document([_document(each) for each in sized])
        return
    for each in sized:
        _tell(each)


def _no_app(here: Runtime, app: str | None) -> OperatorError:
    if app is None:
        return OperatorError(
            "no app is configured; set SELLERSYNC_TEMU__EU__APP_KEY, say, and APP_SECRET"
        )
    known = ", ".join(found.app_id for _, found in here.apps.apps) or "none"
    return OperatorError(f"no app {app} is configured; there is: {known}")


def _document(sized: Sized) -> dict[str, object]:
    found, load = sized.capacity, sized.capacity.load
    best = found.best_freshness
    return {
        "app_id": sized.app.app_id,
        "requests_per_second": sized.app.requests_per_second,
        "counted_per": "app and shop" if sized.per_shop else "app",
        "sellers": sized.sellers,
        "connected": sized.connected,
        "freshness_seconds": sized.freshness.total_seconds(),
        "fits": found.fits,
        "used": round(found.used, 3),
        "best_freshness_seconds": best and round(best.total_seconds()),
        "most_sellers": found.most_sellers,
        "calls_per_second": {
            "orders": round(load.orders, 3),
            "products": round(load.products, 3),
            "tokens": round(load.tokens, 3),
            "reconciles": round(load.reconciles, 3),
            "total": round(load.total, 3),
        },
        "backfill_seconds": {
            "one_seller": round(found.one_backfill.total_seconds()),
            "all_sellers": round(found.all_backfills.total_seconds()),
        },
        "threads": round(found.threads, 1),
        "calls": {
            "orders_pull": {
                "calls": round(sized.costs.orders, 2),
                "from": sized.sources["orders"],
            },
            "products_pull": {
                "calls": round(sized.costs.products, 2),
                "from": sized.sources["products"],
            },
            "history": {
                "calls": round(sized.costs.history, 1),
                "from": sized.sources["history"],
            },
        },
        "shops_per_seller": {
            "shops": round(sized.costs.shops_per_seller, 2),
            "from": sized.sources["shops_per_seller"],
        },
    }


def _tell(sized: Sized) -> None:
    found, costs = sized.capacity, sized.costs
    whose = "of each shop's limit" if sized.per_shop else "of the limit"
    say(
        f"{sized.app.app_id}: {sized.sellers:,} sellers "
        f"{'fit' if found.fits else 'DO NOT FIT'} with orders "
        f"{length(sized.freshness)} old at the most."
    )
    rows: list[tuple[str, object]] = [
        (
            "live pulls take",
            (
                f"{found.load.total:.2f} calls/s, {100 * found.used:.0f} % {whose}, "
                f"{sized.app.requests_per_second:g}/s; {100 * USABLE:.0f} % would fit"
            ),
        ),
        ("orders can be", _best(found.best_freshness)),
        (
            "sellers that fit",
            "any number, as each shop has its own limit"
            if found.most_sellers is None
            else f"{found.most_sellers:,}",
        ),
        (
            "history beside it",
            f"{length(found.one_backfill)} for one seller, "
            + (
                "all at the same time"
                if sized.per_shop
                else f"{length(found.all_backfills)} for all"
            ),
        ),
        (
            "workers",
            (
                f"{-(-found.threads // _THREADS):.0f} with {_THREADS} threads, "
                f"for {found.threads:.1f} calls under way at once"
            ),
        ),
        ("calls of a pull of orders", f"{costs.orders:.1f}, {sized.sources['orders']}"),
        ("of products", f"{costs.products:.1f}, {sized.sources['products']}"),
        ("of a history", f"{costs.history:.0f}, {sized.sources['history']}"),
    ]
    print_table(("what", "how much"), rows)


def _best(freshness: timedelta | None) -> str:
    if freshness is None:
        return "not kept fresh at all: the rest takes the whole limit"
    return f"{length(freshness)} old at the most, if nothing else needs the limit"
