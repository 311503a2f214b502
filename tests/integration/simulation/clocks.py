"""One clock for the simulated marketplace, this process and the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import time_machine
from sqlalchemy import event

from tests.integration.simulation.world import BEGINNING
from worker.store.database import Database

# PostgreSQL's clock, as everything behind this search path sees it. The number is a
# setting of the session, so it needs no row that a snapshot could hide.
_MADE_UP_CLOCK = """
CREATE SCHEMA IF NOT EXISTS simulation;
CREATE OR REPLACE FUNCTION simulation.clock_timestamp() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT to_timestamp(current_setting('simulation.now')::double precision)
$$;
"""


class VirtualClock:
    """A time that moves only when it is told to."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self.now = BEGINNING

    def pass_(self, length: timedelta) -> None:
        """Let time go by; never backward."""
        self.now += max(length, timedelta(0))
        self._traveller.move_to(self.now)

    def pass_until(self, moment: datetime) -> None:
        """Let time go by until a moment."""
        self.pass_(moment - self.now)


@contextmanager
def virtual_time(database: Database) -> Iterator[VirtualClock]:
    """Give everybody the same virtual clock: Python's own, and PostgreSQL's."""
    with time_machine.travel(BEGINNING, tick=False) as traveller:
        clock = VirtualClock(traveller)
        if database.is_sqlite:
            yield clock
            return
        with database.write() as connection:
            connection.exec_driver_sql(_MADE_UP_CLOCK)

        def set_clock(connection: object) -> None:
            # The names of pg_catalog come first unless it is named itself.
            connection.exec_driver_sql(  # type: ignore[attr-defined]  # a Connection
                "SELECT set_config('search_path', 'public,simulation,pg_catalog', true),"
                f" set_config('simulation.now', '{clock.now.timestamp()!r}', true)"
            )

        event.listen(database.engine, "begin", set_clock)
        try:
            yield clock
        finally:
            event.remove(database.engine, "begin", set_clock)
