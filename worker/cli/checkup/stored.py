"""What the database tells: do the keys fit, and who is connected."""

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from worker.cli.checkup import database as databases
from worker.cli.checkup import keys, sellers
from worker.cli.checkup.finding import Finding, failed_by, skipped
from worker.cli.checkup.ground import holds
from worker.cli.checkup.rounds import Check, all_at_once
from worker.cli.checkup.sellers import Chosen, choose_sellers
from worker.marketplaces.configured import ConfiguredApps
from worker.store.database import Database, unreachable
from worker.store.sealing import Sealer

# Somebody may be upgrading it right now, and holds locks.
_WITHIN = 3.0  # seconds


@dataclass(slots=True)
class Stored:
    """What was found; without a sealer no token can be tried."""

    findings: list[Finding] = field(default_factory=list)
    sealer: Sealer | None = None
    chosen: Chosen = field(default_factory=lambda: Chosen({}, []))


def examine_stored(
    configured: Settings,
    database: Database | None,
    apps: ConfiguredApps,
    shop_key: str | None,
) -> Stored:
    """Read what is stored, if it can be read."""
    stored = Stored()
    if database is None:
        because = "the database cannot be used"
        stored.findings = [skipped(name, because) for name in (keys.NAME, sellers.NAME)]
        return stored
    look = partial(_look, stored, configured, database, apps, shop_key)
    stored.findings = all_at_once([Check(keys.NAME, look)], seconds=_WITHIN)
    return stored


def _look(
    stored: Stored,
    configured: Settings,
    database: Database,
    apps: ConfiguredApps,
    shop_key: str | None,
) -> list[Finding]:
    try:
        found = keys.check_keys(configured, database)
        if holds(found, keys.NAME):
            stored.sealer = keys.configured_sealer(configured)
        stored.chosen = choose_sellers(database, apps, shop_key)
    except SQLAlchemyError as error:
        return [failed_by(databases.NAME, unreachable(database.engine, error))]
    return [*found, *stored.chosen.findings]
