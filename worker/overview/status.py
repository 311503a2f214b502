"""Everything an operator asks first: shops, apps and their budgets, recent events."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from worker.domain.errors import BudgetUnavailable
from worker.domain.identity import App
from worker.domain.limits import OF_APP
from worker.domain.pages import StreamRules
from worker.gateway.standing import Standing
from worker.marketplaces import marketplaces
from worker.overview.events import event_rows
from worker.runtime import Runtime
from worker.store.authorizations import Authorization, all_authorizations
from worker.store.certificates import StoredHistory, all_histories
from worker.store.database import database_now
from worker.store.reconciles import StoredReconcile, all_reconciles
from worker.store.shops import StoredShop, all_shops
from worker.store.streams import StoredStream, all_streams
from worker.sync.certificate import certify

_EVENTS = 20

Row = dict[str, object]


def overview(here: Runtime) -> dict[str, list[Row]]:
    """Return `shops`, the one that ends first at the front, `apps` and `events`."""
    apps = app_rows(here)
    with here.database.read() as connection:
        return {
            "shops": shop_rows(connection),
            "apps": apps,
            "events": event_rows(connection, limit=_EVENTS),
        }


def shop_rows(connection: Connection, keys: Sequence[str] | None = None) -> list[Row]:
    """Return all shops, or these: the one that ends first at the front."""
    now = database_now(connection)
    shops = all_shops(connection, keys=keys)
    numbers = None if keys is None else [each.authorization_id for each in shops]
    authorizations = {
        found.id: found for found in all_authorizations(connection, numbers=numbers)
    }
    streams = all_streams(connection, keys=keys)
    histories = all_histories(connection, keys=keys)
    reconciles = all_reconciles(connection, keys=keys)
    by_shop: dict[str, Row] = {stored.shop.shop_key: {} for stored in shops}
    marketplace_of = {each.shop.shop_key: each.shop.marketplace for each in shops}
    for stream in streams:
        key = (stream.shop_key, stream.stream)
        name = marketplace_of[stream.shop_key]
        row = _stream(
            stream,
            histories.get(key),
            marketplaces()[name].streams[stream.stream],
            now,
        )
        row["reconcile"] = _reconcile(reconciles.get(key))
        by_shop[stream.shop_key][stream.stream.value] = row

    def ends(stored: StoredShop) -> tuple[bool, datetime, str]:
        authorization = authorizations[stored.authorization_id]
        key = stored.shop.shop_key
        return not authorization.is_dead, authorization.ends_at, key

    return [
        _shop(stored, authorizations[stored.authorization_id], by_shop)
        for stored in sorted(shops, key=ends)
    ]


def _shop(
    stored: StoredShop, authorization: Authorization, streams: Mapping[str, Row]
) -> Row:
    shop = stored.shop
    return {
        "shop_key": shop.shop_key,
        "marketplace": shop.marketplace,
        "name": shop.name,
        "region": shop.region,
        "authorization_state": authorization.state.value,
        "access_expires_at": authorization.access_expires_at,
        # By then the seller must have authorised again.
        "ends_at": authorization.ends_at,
        "refreshed_at": authorization.refreshed_at,
        "last_error": authorization.last_error,
        "paused": stored.paused,
        "failing": _failing(stored, streams[shop.shop_key]),
        "streams": streams[shop.shop_key],
    }


def _failing(stored: StoredShop, streams: Row) -> Row | None:
    """Return since when a shop is tried ever more rarely, as its pulls keep failing."""
    if stored.broken_since is None:
        return None
    runs: list[datetime] = [
        moment
        for stream in streams.values()
        if isinstance(stream, dict) and (moment := stream["next_run_at"]) is not None
    ]
    return {
        "since": stored.broken_since,
        "failures": stored.failures,
        "next_try_at": min(runs, default=None),
    }


def _stream(
    stored: StoredStream,
    history: StoredHistory | None,
    rules: StreamRules,
    now: datetime,
) -> Row:
    watermark = stored.progress.watermark
    certificate = certify(stored, history, reads_in_full=not rules.has_update_filter)
    return {
        "watermark": watermark,
        # Together with the watermark: everything between the two is here.
        "complete_from": certificate.complete_from,
        "complete_from_beginning": certificate.from_beginning,
        "slices": certificate.slices,
        "open_slices": certificate.open_slices,
        "history_error": history.last_error if history else None,
        "stalled_since": stored.advanced_at if stored.stalled_at else None,
        "freshness_seconds": (
            None if watermark is None else round((now - watermark).total_seconds())
        ),
        "last_success_at": stored.last_success_at,
        "next_run_at": stored.next_run_at,
        "failures": stored.failures,
        "last_error": stored.last_error,
        "disabled": stored.disabled,
        # Learned: what one turn takes from the budget.
        "calls_per_pull": None if stored.calls is None else round(stored.calls, 2),
    }


def _reconcile(stored: StoredReconcile | None) -> Row | None:
    """Return what the last complete pass found, and what waits for an operator."""
    if stored is None:
        return None
    return {
        "finished_at": stored.finished_at,
        "result": stored.result,
        "under_way": stored.began_at is not None,
        "withheld": stored.withheld,
        "next_run_at": stored.next_run_at,
        "failures": stored.failures,
        "last_error": stored.last_error,
    }


def app_rows(here: Runtime) -> list[Row]:
    """Return each app's budget, as far as it is known."""
    found: dict[str, Mapping[str, Standing]] = {}
    try:
        for _, app in here.apps.apps:
            found[app.app_id] = here.standings(app)
    except BudgetUnavailable:
        # Without Redis no app sends anything, and nobody knows what was sent.
        found = {}
    return [_app(app, found.get(app.app_id)) for _, app in here.apps.apps]


def _app(app: App, standings: Mapping[str, Standing] | None) -> Row:
    """Return an app's budget; what is None is not known while Redis is away."""
    own = standings[OF_APP] if standings else None
    return {
        "app_id": app.app_id,
        "marketplace": app.marketplace,
        "zone": app.zone,
        "requests_per_second": app.requests_per_second,
        "calls_per_second": own and own.calls_per_second,
        # Kept free in each second for the spread of the delay on the way there.
        "pad_seconds": own and own.pad,
        # The app's own limit, and others (of shops) that refused calls lately.
        "limits": [
            {
                "limit": name,
                "allowed_per_second": round(app.requests_per_second * stands.share, 2),
                "paused_for_seconds": stands.paused_for,
                "waiting": stands.waiting,
            }
            for name, stands in (standings or {}).items()
        ],
    }
