"""Which sellers are looked at, and how many can be worked for at all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from worker.cli.checkup.finding import Finding, fail, ok, warn
from worker.cli.checkup.scopes import Seller
from worker.marketplaces.configured import ConfiguredApps
from worker.store.authorizations import Authorization, all_authorizations
from worker.store.database import Database
from worker.store.shops import StoredShop, all_shops

NAME = "sellers"
# Per app; each takes some calls, and somebody waits.
_MOST = 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose token is tried, by app; and what is said about all of them."""

    by_app: dict[str, list[Seller]]
    findings: list[Finding]


def choose_sellers(
    database: Database, apps: ConfiguredApps, shop_key: str | None
) -> Chosen:
    """Choose the shop that is named, or a few of each app."""
    with database.read() as connection:
        authorizations = {each.id: each for each in all_authorizations(connection)}
        shops = all_shops(connection)
    if shop_key is not None:
        return _named(shops, authorizations, apps, shop_key)
    by_app: dict[str, list[Seller]] = defaultdict(list)
    seen: set[int] = set()
    known = {app.app_id for _, app in apps.apps}
    for stored in shops:
        authorization = authorizations[stored.authorization_id]
        few = stored.app_id in known and len(by_app[stored.app_id]) < _MOST
        # A dead authorization costs no calls, and a grant is tried with one of its shops.
        if few and not authorization.is_dead and authorization.id not in seen:
            seen.add(authorization.id)
            by_app[stored.app_id].append(_seller(stored, authorization))
    return Chosen(by_app, _all_of_them(list(authorizations.values()), len(seen), apps))


def _named(
    shops: Sequence[StoredShop],
    authorizations: dict[int, Authorization],
    apps: ConfiguredApps,
    shop_key: str,
) -> Chosen:
    for stored in shops:
        if stored.shop.shop_key == shop_key:
            seller = _seller(stored, authorizations[stored.authorization_id])
            paused = _paused(stored)
            missing = _not_configured({stored.app_id}, apps)
            return Chosen({stored.app_id: [seller]}, paused + missing)
    unknown = fail(
        "shop",
        "no such shop is connected",
        "`sellersync shops` lists them",
        about=shop_key,
    )
    return Chosen({}, [unknown])


def _seller(stored: StoredShop, authorization: Authorization) -> Seller:
    return Seller(shop=stored.shop, authorization=authorization)


def _paused(stored: StoredShop) -> list[Finding]:
    if stored.paused is None:
        return []
    key = stored.shop.shop_key
    remedy = f"`sellersync shops resume {key}`"
    return [warn("shop", f"paused ({stored.paused})", remedy, about=key)]


def _all_of_them(
    authorizations: Sequence[Authorization], tried: int, apps: ConfiguredApps
) -> list[Finding]:
    missing = _not_configured({each.app_id for each in authorizations}, apps)
    if not authorizations:
        return [ok(NAME, "none is connected; `sellersync connect --help` shows how")]
    dead = sum(each.is_dead for each in authorizations)
    if dead:
        said = f"{dead} of {len(authorizations)} have to authorise again"
        return [*missing, warn(NAME, said, "`sellersync authorizations` lists them")]
    said = f"{len(authorizations)} connected; the tokens of {tried} are tried"
    return [*missing, ok(NAME, said)]


def _not_configured(app_ids: set[str], apps: ConfiguredApps) -> list[Finding]:
    known = {app.app_id for _, app in apps.apps}
    return [
        fail(
            "app",
            "sellers are connected with it, but it is not configured",
            "set its key and secret again (docs/settings.md)",
            about=app_id,
        )
        for app_id in sorted(app_ids - known)
    ]
