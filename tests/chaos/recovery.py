"""How long it takes until everything is well again, as the data says it."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import redis
from sqlalchemy.exc import SQLAlchemyError

from config.queues import Queue
from tests.chaos.stage import Stage
from worker.health.presence import who_is_present
from worker.store.canaries import all_canaries
from worker.store.database import database_now
from worker.store.streams import all_streams

# A window ends this far behind the moment it is opened at; see the marketplaces' rules.
LAG = timedelta(seconds=6)
_LOOK_EVERY = 0.25  # seconds
# A look that takes longer than this: the whole machine stood still.
_LONGEST_LOOK = 3.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How it went on after a moment."""

    # Seconds until each stream had finished a window that was opened after it.
    streams: float | None
    # Seconds until that, and each queue had been served, and each process was at work.
    everything: float | None
    # What is still missing, if it took too long.
    missing: str


class Patience:
    """Seconds that passed while this machine ran: it may be put to sleep as a whole."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._looked = time.monotonic()

    def look(self) -> float:
        """Return the seconds that have passed; call it often."""
        now = time.monotonic()
        self.passed += min(now - self._looked, _LONGEST_LOOK)
        self._looked = now
        return self.passed


def moment(stage: Stage) -> datetime:
    """Return the time by the database's clock."""
    with stage.database.read() as connection:
        return database_now(connection)


def recovered(stage: Stage, since: datetime, *, patience: float) -> Recovery:
    """Wait until everything is well again."""
    clock = Patience()
    streams: float | None = None
    while True:
        late = _late_streams(stage, since)
        if not late and streams is None:
            streams = clock.look()
        missing = late or _unserved(stage, since) or _absent(stage, clock.passed)
        took = clock.look()
        if not missing:
            return Recovery(streams=streams, everything=took, missing="")
        if took > patience:
            return Recovery(streams=streams, everything=None, missing=missing)
        Event().wait(_LOOK_EVERY)


def _late_streams(stage: Stage, since: datetime) -> str:
    try:
        with stage.database.read() as connection:
            found = all_streams(connection)
    except SQLAlchemyError as error:
        return f"database: {type(error).__name__}"
    return ", ".join(
        f"{stored.shop_key} {stored.stream} ({stored.last_error})"
        for stored in found
        if stored.progress.watermark is None or stored.progress.watermark < since - LAG
    )


def _unserved(stage: Stage, since: datetime) -> str:
    try:
        with stage.database.read() as connection:
            heard = {each.queue: each.heard_at for each in all_canaries(connection)}
    except SQLAlchemyError as error:
        return f"database: {type(error).__name__}"
    silent = [q.value for q in Queue if q not in heard or heard[q] < since]
    return f"queues {', '.join(silent)}" if silent else ""


def _absent(stage: Stage, passed: float) -> str:
    """Return which worker has heard no message since, and which beat has not ticked."""
    try:
        at_work = {
            found.pid
            for found in who_is_present(stage.valkey.client)
            # What is told is a few seconds old.
            if found.age < 7 and found.idle_for < max(passed, 5) + found.age
        }
    except redis.RedisError as error:
        return f"Valkey: {type(error).__name__}"
    return ", ".join(
        name for name in stage.crew.names() if stage.crew.pid(name) not in at_work
    )


def in_seconds(value: float | None) -> str:
    """Return how long it took, as people read it."""
    return "never" if value is None else f"{value:.1f} s"
