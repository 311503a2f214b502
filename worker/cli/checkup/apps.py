"""One app with its sellers: what is asked of its marketplace, and what is left out."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial

from config.embedded import redis_url
from config.queues import KEY_PREFIX
from config.settings import Settings
from worker.cli.checkup import clock, credentials, scopes
from worker.cli.checkup.counterpart import Counterpart, counterpart
from worker.cli.checkup.finding import Finding, Verdict, skipped
from worker.cli.checkup.rounds import Check
from worker.cli.checkup.stored import Stored
from worker.domain.identity import App
from worker.domain.marketplace import Marketplace
from worker.domain.records import Stream
from worker.gateway.budget import Budget
from worker.gateway.ledger import open_ledger_redis
from worker.store.sealing import Sealer

_Apps = Iterable[tuple[Marketplace, App]]


def app_checks(
    configured: Settings, wanted: _Apps, stored: Stored, rest: ExitStack
) -> Iterator[Check]:
    """Return a check for each app; Redis must answer, or nothing may be sent."""
    client = rest.enter_context(open_ledger_redis(redis_url(configured).client))
    budget = Budget(
        client,
        prefix=KEY_PREFIX,
        pad=configured.budget.pad,
        max_wait=configured.budget.max_wait,
    )
    for marketplace, app in wanted:
        who = rest.enter_context(counterpart(marketplace, app, budget))
        sellers = stored.chosen.by_app.get(app.app_id, [])
        look = partial(_examine, who, sellers, stored.sealer)
        yield Check(credentials.NAME, look, app.app_id)


def leave_out(wanted: _Apps, stored: Stored, because: str) -> Iterator[Finding]:
    """Return that nothing is asked of any app."""
    for _, app in wanted:
        for name in (credentials.NAME, credentials.ADDRESS, clock.NAME):
            yield skipped(name, because, about=app.app_id)
        for seller in stored.chosen.by_app.get(app.app_id, []):
            yield from _not_tried(seller, because)


def _examine(
    who: Counterpart, sellers: Iterable[scopes.Seller], sealer: Sealer | None
) -> Iterator[Finding]:
    found = credentials.check_app(who)
    yield from found
    usable = all(each.verdict in {Verdict.OK, Verdict.WARN} for each in found)
    for seller in sellers:
        if not usable:
            yield from _not_tried(seller, "the app cannot call")
        elif sealer is None:
            yield from _not_tried(seller, "the encryption keys do not open it")
        else:
            yield from scopes.check_shop(who, seller, sealer)
    yield from clock.check_clock(who)


def _not_tried(seller: scopes.Seller, because: str) -> list[Finding]:
    names = (scopes.NAME, *(stream.value for stream in Stream))
    return [skipped(name, because, about=seller.shop.shop_key) for name in names]
