"""A process that dies at a database statement: nothing in our code may catch it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from worker.store.database import Database


class Killed(BaseException):
    """The process dies here."""


class Reaper:
    """Counts statements, and strikes at random ones."""

    def __init__(self, chance: random.Random, *, one_in: float) -> None:
        self._chance = chance
        self._one_in = one_in
        self._left = self._draw()
        self.kills = 0
        # While it rests, nobody dies: the simulation itself uses the database, too.
        self.rests = True

    def pass_by(self, *about: object) -> None:
        """Let one statement live, or not."""
        statement = about[2] if len(about) > 2 else ""
        # Dying at a BEGIN is dying before it, and SQLAlchemy would not roll it back.
        if self.rests or str(statement).startswith("BEGIN"):
            return
        self._left -= 1
        if self._left <= 0:
            self._left = self._draw()
            self.kills += 1
            raise Killed

    def _draw(self) -> int:
        return 1 + int(self._chance.expovariate(1 / self._one_in))


@contextmanager
def deadly(database: Database, reaper: Reaper) -> Iterator[Reaper]:
    """Let a reaper pass by before and after every statement.

    Dying after the last statement of a transaction is dying before its commit, dying
    before the first one is dying after the commit before it.
    """
    moments = ("before_cursor_execute", "after_cursor_execute")
    for moment in moments:
        event.listen(database.engine, moment, reaper.pass_by)
    try:
        yield reaper
    finally:
        for moment in moments:
            event.remove(database.engine, moment, reaper.pass_by)
