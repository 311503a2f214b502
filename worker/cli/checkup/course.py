"""All checks in their order: what needs another one is skipped when that has failed."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import partial

from config.embedded import redis_url
from config.settings import Settings
from worker.cli.checkup import queues
from worker.cli.checkup import redis as servers
from worker.cli.checkup.apps import app_checks, leave_out
from worker.cli.checkup.finding import Finding, fail, ok, warn
from worker.cli.checkup.ground import Ground, examine_ground
from worker.cli.checkup.rounds import Check, all_at_once
from worker.cli.checkup.stored import examine_stored
from worker.domain.errors import OperatorError
from worker.marketplaces.configured import ConfiguredApps, unknown_settings

# With all that comes before, and with the start of the command, under 20 s.
_WITHIN = 9.0  # seconds

_SETTINGS = "settings"


def examine(configured: Settings, shop_key: str | None = None) -> Iterator[Finding]:
    """Yield the findings about everything, or about one shop and what it needs."""
    with ExitStack() as rest:
        apps = yield from _examine_settings()
        ground = yield from examine_ground(configured, rest)
        stored = examine_stored(configured, ground.database, apps, shop_key)
        yield from stored.findings
        wanted = [
            (marketplace, app)
            for marketplace, app in apps.apps
            if shop_key is None or app.app_id in stored.chosen.by_app
        ]
        checks = [_queue_check(configured, ground, rest)]
        if ground.redis_answers:
            checks = [*app_checks(configured, wanted, stored, rest), *checks]
        else:
            because = "without Redis there is no shared budget, so nothing is sent"
            yield from leave_out(wanted, stored, because)
        yield from all_at_once(checks, seconds=_WITHIN)


def _examine_settings() -> Generator[Finding, None, ConfiguredApps]:
    for unknown in unknown_settings():
        meant = f"write {unknown.meant}" if unknown.meant else "take it away"
        said = f"{unknown.name} is no setting and has no effect"
        yield warn(_SETTINGS, said, meant)
    try:
        apps = ConfiguredApps.from_settings()
    except OperatorError as error:
        yield fail(_SETTINGS, str(error), "correct it (docs/settings.md)")
        return ConfiguredApps(())
    if apps.apps:
        yield ok(_SETTINGS, f"apps that are configured: {len(apps.apps)}")
    else:
        yield warn(
            _SETTINGS,
            "no app is configured",
            "set its key and secret (docs/settings.md); `sellersync sandbox` has "
            "made-up ones",
        )
    return apps


def _queue_check(configured: Settings, ground: Ground, rest: ExitStack) -> Check:
    if not ground.anything_runs:
        return Check(queues.WORKERS, queues.nothing_runs)
    if not ground.redis_answers:
        return Check(queues.WORKERS, queues.no_redis)
    address = redis_url(configured)
    look = partial(
        queues.check_queues,
        rest.enter_context(servers.open_impatient(address.client)),
        broker_url=address.broker,
        tick_every=configured.schedule.tick_every,
    )
    return Check(queues.WORKERS, look)
