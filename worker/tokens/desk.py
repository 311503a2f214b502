"""What every part of the token work needs: store, seal, gateway, apps."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.domain.grants import Grant
from worker.gateway.caller import Gateway
from worker.marketplaces.configured import ConfiguredApps
from worker.store.database import Database
from worker.store.sealing import Sealer
from worker.tokens.timing import next_refresh


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDesk:
    """The tools of the token work, made once per process."""

    database: Database
    sealer: Sealer
    gateway: Gateway
    apps: ConfiguredApps
    # Tokens that cannot be refreshed are looked at this often.
    check_every: timedelta
    # Longer than one call with all its retries; a holder that is frozen longer has lost.
    lease: timedelta = timedelta(seconds=120)

    def next_refresh(self, grant: Grant, now: datetime) -> datetime:
        """Return when a grant that arrived just now is due."""
        return next_refresh(
            grant,
            now=now,
            check_every=self.check_every,
            chance=random.random(),  # noqa: S311 -- spreads load, guards nothing
        )
